import type { Tables } from "../../store/database.ts";

/** All of IAM's records, each kind by name. */
export const iamTables: Tables = {
  service: "iam",
  steps: [
    `
CREATE TABLE IF NOT EXISTS iam (kind TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;
`,
  ],
};
