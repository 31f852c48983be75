import type { Tables } from "../../store/database.ts";

/** The data of metrics. */
export const cloudWatchTables: Tables = {
  service: "cloudwatch",
  steps: [
    `
CREATE TABLE IF NOT EXISTS metric_points (
  metric TEXT NOT NULL, at INTEGER NOT NULL, unit TEXT NOT NULL, sum REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL, count REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS metric_points_by_time ON metric_points (metric, at);
`,
    "CREATE INDEX metric_points_by_age ON metric_points (at)",
  ],
};
