import assert from "node:assert/strict";
import { test } from "node:test";
import { runKills } from "./kills.ts";

test(
  "server and agents killed at random moments: each deployment ends rightly, and no script runs twice",
  { timeout: 300_000 },
  async (t) => {
    const said: string[] = [];

    const { succeeded } = await runKills({ server: 2, agent: 3, seed: 14, lanes: 2 }, (line) => void said.push(line));

    t.diagnostic(said.join("; "));
    assert(succeeded >= 1, "at least the last deployment of a lane is left alone");
  },
);
