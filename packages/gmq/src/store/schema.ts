/**
 * One database holds the queues of all identities, so that one fsync serves all requests in flight.
 *
 * `record` has one row for each point, not for each request: the platform may refuse a single point, and a point is
 * what leaves the queue. Its ids are never used again, so that a mark "all up to this id" stays true.
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
] as const;
