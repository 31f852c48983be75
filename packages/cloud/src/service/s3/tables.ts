import type { Tables } from "../../store/database.ts";

/** Buckets, their objects, and uploads in parts. */
export const s3Tables: Tables = {
  service: "s3",
  steps: [
    `
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, versioning TEXT) STRICT;
CREATE TABLE IF NOT EXISTS objects (
  bucket TEXT NOT NULL REFERENCES buckets (name), key TEXT NOT NULL, version_id TEXT NOT NULL, sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  is_latest INTEGER NOT NULL, is_delete_marker INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, blob TEXT,
  modified_at INTEGER NOT NULL, headers TEXT NOT NULL,
  UNIQUE (bucket, key, version_id)
) STRICT;
CREATE INDEX IF NOT EXISTS latest_objects ON objects (bucket, key) WHERE is_latest = 1;
CREATE TABLE IF NOT EXISTS uploads (id TEXT PRIMARY KEY, bucket TEXT NOT NULL REFERENCES buckets (name), key TEXT NOT NULL, headers TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS parts (
  upload_id TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, blob TEXT NOT NULL, modified_at INTEGER NOT NULL,
  PRIMARY KEY (upload_id, number)
) STRICT;
`,
  ],
};
