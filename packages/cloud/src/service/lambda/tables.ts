import type { Tables } from "../../store/database.ts";

/** Functions with their versions, aliases, settings and addresses, and events that wait to be invoked. */
export const lambdaTables: Tables = {
  service: "lambda",
  steps: [
    `
CREATE TABLE IF NOT EXISTS functions (name TEXT PRIMARY KEY, versions_published INTEGER NOT NULL, reserved INTEGER, tags TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS function_versions (
  function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, version TEXT NOT NULL, code TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (function, version)
) STRICT;
CREATE TABLE IF NOT EXISTS function_aliases (
  function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, name TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (function, name)
) STRICT;
CREATE TABLE IF NOT EXISTS function_settings (
  function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, qualifier TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (function, qualifier, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS function_urls (
  id TEXT PRIMARY KEY, function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, qualifier TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (function, qualifier)
) STRICT;
CREATE TABLE IF NOT EXISTS function_events (
  id TEXT PRIMARY KEY, function TEXT NOT NULL REFERENCES functions (name) ON DELETE CASCADE, qualifier TEXT NOT NULL, payload BLOB NOT NULL,
  created_at INTEGER NOT NULL, due_at INTEGER, attempts INTEGER NOT NULL, failure TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS function_events_due ON function_events (due_at);
`,
  ],
};
