import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AgentLog } from "./agent-log.ts";

test("the log begins anew each day, and seven days are kept", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-log-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "codedeploy-agent.other.log"), "not ours");
  let now = new Date(2030, 0, 1, 12);
  const log = new AgentLog({ folder, name: "codedeploy-agent", verbose: false, clock: () => now });

  for (let day = 1; day <= 10; day += 1) {
    now = new Date(2030, 0, day, 12);
    log.info(`day ${day}`);
    log.debug("only when verbose");
  }

  const rolled = readdirSync(folder)
    .filter((name) => /\d{8}/.test(name))
    .toSorted();
  assert.deepEqual(
    rolled,
    ["03", "04", "05", "06", "07", "08", "09"].map((day) => `codedeploy-agent.203001${day}.log`),
  );
  assert.equal(
    readFileSync(join(folder, "codedeploy-agent.log"), "utf8"),
    `2030-01-10T12:00:00 INFO  [codedeploy-agent(${process.pid})]: day 10\n`,
  );
  assert(readdirSync(folder).includes("codedeploy-agent.other.log"));
});

test("a folder that cannot be used is said at once", () => {
  assert.throws(() => new AgentLog({ folder: "/dev/null/log", name: "x", verbose: false }), {
    message: 'Please make sure the path of the log directory exists and is writable: "/dev/null/log"',
  });
});
