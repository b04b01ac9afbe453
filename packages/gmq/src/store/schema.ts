/**
 * One database holds the queues of all identities, so that one fsync serves all requests in flight.
 *
 * `record` has one row for each point, not for each request: the platform may refuse a single point, and a point is
 * what leaves the queue. While a queue runs, ids are never used again, so that a mark "all up to this id" stays true.
 */
export const migrations = [
  `
  CREATE TABLE identity (
    id INTEGER PRIMARY KEY,
    -- All three, or none for a caller that is known by its key only.
    vendor TEXT,
    model TEXT,
    serial TEXT,
    cik TEXT,
    -- Why its records do not get through at the moment; null when they do.
    problem TEXT,
    uploaded INTEGER NOT NULL DEFAULT 0,
    merged INTEGER NOT NULL DEFAULT 0,
    UNIQUE (vendor, model, serial),
    CHECK (serial IS NOT NULL OR cik IS NOT NULL)
  ) STRICT;
  CREATE UNIQUE INDEX identity_by_key ON identity (cik) WHERE vendor IS NULL;

  CREATE TABLE record (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    identity INTEGER NOT NULL REFERENCES identity (id),
    -- Wall time of the request, seconds since 1970.
    received INTEGER NOT NULL,
    -- 1 for the first point of a request, 0 for its others.
    opens_request INTEGER NOT NULL,
    alias TEXT NOT NULL,
    -- Time of the point, seconds since 1970.
    at INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  CREATE INDEX record_of_identity ON record (identity);

  CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY,
    identity INTEGER NOT NULL REFERENCES identity (id),
    received INTEGER NOT NULL,
    alias TEXT NOT NULL,
    at INTEGER NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_aside INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- Ids come from the queue itself, and its identities are its own: without AUTOINCREMENT and the foreign key a point
  -- costs a third less.
  CREATE TABLE point (
    id INTEGER PRIMARY KEY,
    identity INTEGER NOT NULL,
    -- Wall time of the request, seconds since 1970.
    received INTEGER NOT NULL,
    -- 1 for the first point of a request, 0 for its others.
    opens_request INTEGER NOT NULL,
    -- 0 low, 1 normal, 2 high.
    priority INTEGER NOT NULL,
    alias TEXT NOT NULL,
    -- Time of the point, seconds since 1970.
    at INTEGER NOT NULL,
    value TEXT NOT NULL
  ) STRICT;
  INSERT INTO point SELECT id, identity, received, opens_request, 1, alias, at, value FROM record ORDER BY id;
  DROP TABLE record;
  ALTER TABLE point RENAME TO record;
  CREATE INDEX record_of_identity ON record (identity, priority);

  -- What waits for each identity, as Ledger counts it, and what became of all that came.
  ALTER TABLE identity ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE identity ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE identity ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE identity ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE identity ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE identity ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
  UPDATE identity SET
    waiting = (SELECT count(*) FROM record WHERE record.identity = identity.id),
    bytes = (
      SELECT coalesce(sum(32 + octet_length(alias) + octet_length(value)), 0) FROM record WHERE record.identity = identity.id
    ),
    refused = (SELECT count(*) FROM dead_letter WHERE dead_letter.identity = identity.id);
  UPDATE identity SET accepted = waiting + uploaded + merged + refused;
  `,
  `
  -- Up to this point all were there when the queue had run for so many milliseconds in all; see AgeMarks.
  CREATE TABLE age_mark (elapsed INTEGER NOT NULL, last_id INTEGER NOT NULL) STRICT;
  -- One row.
  CREATE TABLE run_time (elapsed INTEGER NOT NULL) STRICT;
  INSERT INTO run_time VALUES (0);
  `,
  `
  -- The last second that was given to a write, and those of times that the clock has left; see Stamps.
  CREATE TABLE stamp (place INTEGER PRIMARY KEY, second INTEGER NOT NULL) STRICT;
  `,
] as const;

/**
 * How many of the migrations a queue must know to use the file: an update can be taken back only to a version that knows
 * so many. A migration that only adds what earlier versions pass over leaves it as it is.
 */
export const leastReader = 4;
