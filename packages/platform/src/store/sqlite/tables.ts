import type { Generated } from 'kysely';
import type { Resource, TrustRole } from '../port.ts';

/** The tables, as Kysely sees them. SQLite has no booleans: 0 and 1. Times are whole seconds since 1970. */
export interface Tables {
  product: { id: string; created: number };
  product_resource: {
    product_id: string;
    position: number;
    alias: string;
    format: Resource['format'];
    settable: number;
  };
  device: {
    id: Generated<number>;
    rid: string;
    product_id: string;
    sn: string;
    /** Null until the device is activated, and again when its key is taken back. */
    cik_hash: Uint8Array | null;
    disabled: number;
    locked: number;
    window_ends: number;
    last_contact: number | null;
  };
  resource: {
    id: Generated<number>;
    device_id: number;
    alias: string;
    format: Resource['format'];
    settable: number;
  };
  point: { resource_id: number; ts: number; value: string };
  content: {
    product_id: string;
    id: string;
    content_type: string;
    size: number;
    sha256: string;
    updated: number;
    meta: string;
    /** Name of the file in the content folder. */
    blob: string;
  };
  /** The next keys are null but from the time they are made to the root that names them. */
  online_key: {
    product_id: string;
    snapshot: string;
    timestamp: string;
    next_snapshot: string | null;
    next_timestamp: string | null;
  };
  trust_file: {
    product_id: string;
    role: TrustRole;
    version: number;
    bytes: Uint8Array;
  };
  user: { name: string; password: string };
  token: { hash: Uint8Array; user: string; expires: number | null };
}

/** Run once each, in this order. A script that was released is never changed: a change is another script. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE product (id TEXT PRIMARY KEY, created INTEGER NOT NULL) STRICT;
  CREATE TABLE product_resource (
    product_id TEXT NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    alias TEXT NOT NULL,
    format TEXT NOT NULL,
    settable INTEGER NOT NULL,
    PRIMARY KEY (product_id, alias)
  ) STRICT;
  CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    rid TEXT NOT NULL UNIQUE,
    product_id TEXT NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    sn TEXT NOT NULL,
    cik_hash BLOB UNIQUE,
    disabled INTEGER NOT NULL DEFAULT 0,
    locked INTEGER NOT NULL DEFAULT 0,
    window_ends INTEGER NOT NULL,
    last_contact INTEGER,
    UNIQUE (product_id, sn)
  ) STRICT;
  CREATE TABLE resource (
    id INTEGER PRIMARY KEY,
    device_id INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    alias TEXT NOT NULL,
    format TEXT NOT NULL,
    settable INTEGER NOT NULL,
    UNIQUE (device_id, alias)
  ) STRICT;
  CREATE TABLE point (
    resource_id INTEGER NOT NULL REFERENCES resource (id) ON DELETE CASCADE,
    ts INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (resource_id, ts)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE content (
    product_id TEXT NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    updated INTEGER NOT NULL,
    meta TEXT NOT NULL,
    blob TEXT NOT NULL UNIQUE,
    PRIMARY KEY (product_id, id)
  ) STRICT;
  CREATE TABLE user (name TEXT PRIMARY KEY, password TEXT NOT NULL) STRICT;
  CREATE TABLE token (hash BLOB PRIMARY KEY, user TEXT NOT NULL, expires INTEGER) STRICT;
  `,
  `
  CREATE TABLE online_key (
    product_id TEXT PRIMARY KEY REFERENCES product (id) ON DELETE CASCADE,
    snapshot TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    next_snapshot TEXT,
    next_timestamp TEXT
  ) STRICT;
  CREATE TABLE trust_file (
    product_id TEXT NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    version INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (product_id, role, version)
  ) STRICT;
  `,
];
