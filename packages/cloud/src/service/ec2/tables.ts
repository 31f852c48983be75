import type { Tables } from "../../store/database.ts";

/** Instances, and the tokens that make a launch idempotent. */
export const ec2Tables: Tables = {
  service: "ec2",
  steps: [
    `
CREATE TABLE IF NOT EXISTS instances (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS client_tokens (token TEXT PRIMARY KEY, reservation_id TEXT NOT NULL) STRICT;
`,
  ],
};
