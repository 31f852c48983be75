import type { Tables } from "../../store/database.ts";

/** Groups of logs, their streams and lines. */
export const logsTables: Tables = {
  service: "logs",
  steps: [
    `
CREATE TABLE IF NOT EXISTS log_groups (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL, retention INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS log_streams (group_name TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (group_name, name)) STRICT;
CREATE TABLE IF NOT EXISTS log_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, group_name TEXT NOT NULL, stream TEXT NOT NULL, at INTEGER NOT NULL, ingested_at INTEGER NOT NULL, message TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS log_events_by_time ON log_events (group_name, at, id);
`,
  ],
};
