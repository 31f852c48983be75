// An attacker between a host and its control plane, without TLS, who reads everything and may answer anything.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { AgentProcess, begin, end, openAgentFixture } from "../end-to-end/agent-fixture.ts";
import { eventually } from "../support/eventually.ts";
import { type Said, Wire } from "./wire.ts";

const program = resolve(import.meta.dirname, "../../packages/agent/src/main.ts");

/** The clock of a host whose time the attacker sets. */
const clockAt = (milliseconds: number): string =>
  `data:text/javascript,${encodeURIComponent(`const Real = Date; globalThis.Date = class extends Real { constructor(...given) { super(...(given.length === 0 ? [${milliseconds}] : given)); } static now() { return ${milliseconds}; } };`)}`;

/** A registered host whose agent trusts only the signer, with an attacker in between. */
async function openFixture(t: TestContext) {
  const wire = new Wire(t);
  const there = await openAgentFixture(t, { pinned: true, by: (url) => wire.before(url) });
  const { folder, configuration } = there;
  const ran = join(folder, "ran");
  return {
    ...there,
    wire,
    /** A line for each time that a script has run. */
    ran: () => (existsSync(ran) ? readFileSync(ran, "utf8").trim().split("\n") : []),
    deploy: (word: string) => begin(there, { AfterInstall: `echo ${word} >> ${ran}` }),
    ended: (id: string) => end(there, id),
    /** Starts the agent, optionally with another clock. */
    startAgent: (now?: number) => {
      const options = now === undefined ? {} : { NODE_OPTIONS: `--import ${clockAt(now)}` };
      const agent = new AgentProcess(t, [process.execPath, program, "--config_file", configuration, "run"], options);
      agent.start();
      return agent;
    },
  };
}

const about = (said: readonly Said[], operation: string) => said.filter((one) => one.about === operation);

/** A command under another identifier: one that the host has not seen. */
const marked = ({ body }: Said, mark: string): Buffer =>
  Buffer.from(body.toString().replace('"HostCommandIdentifier":"', `$&${mark}`));

/** Returns the reports of a host, as text. */
const outcomes = (said: readonly Said[]): readonly string[] =>
  about(said, "PutHostCommandComplete").map(({ input }) => input);

test(
  "a whole conversation that is played back at its own hour makes nothing run again",
  { timeout: 120_000 },
  async (t) => {
    const { wire, ran, deploy, ended, startAgent } = await openFixture(t);
    const hour = Date.now();
    const first = startAgent(hour);
    const { status, log } = await ended(await deploy("deployed"));
    assert.equal(status, "Succeeded", log);
    first.kill();
    const recorded = wire.said.splice(0);
    const commands = about(recorded, "PollHostCommand").filter(({ body }) => body.includes("HostCommandIdentifier"));
    assert.equal(commands.length, 7);

    const left = Map.groupBy(recorded, (one) => one.about);
    const away = { status: 503, headers: {}, body: Buffer.alloc(0) };
    wire.instead = (operation) =>
      operation === "GetDeploymentSpecification" ? left.get(operation)?.[0] : (left.get(operation)?.shift() ?? away);
    startAgent(hour);
    await eventually("all has been played back", async () => outcomes(wire.said).length >= 7 || undefined, 60);

    assert.deepEqual(ran(), ["deployed"]);
    for (const outcome of outcomes(wire.said)) assert.match(outcome, /made as the answer to another question/);
  },
);

test(
  "a command that somebody makes up for a deployment that has ended is not run, before and after the agent starts anew",
  { timeout: 120_000 },
  async (t) => {
    const { wire, ran, deploy, ended, startAgent } = await openFixture(t);
    const agent = startAgent();
    const { status, log } = await ended(await deploy("deployed"));
    assert.equal(status, "Succeeded", log);
    const told = about(wire.said, "PollHostCommand").find(({ body }) => body.includes("AfterInstall"));
    assert(told);
    const makeUp = (mark: string) => {
      const made = [{ ...told, body: marked(told, mark) }];
      wire.instead = (operation) => (operation === "PollHostCommand" ? made.shift() : undefined);
    };
    const refused = (mark: string, reason: string) =>
      eventually(`the command ${mark} is refused`, async () =>
        outcomes(wire.said).find((said) => said.includes(mark) && said.includes(reason)),
      );

    // The poll that is open is the control plane's; in the middle of its next deployment somebody answers another one.
    makeUp("AAAA");
    assert.equal((await ended(await deploy("deployed again"))).status, "Succeeded");
    await refused("AAAA", "Cannot trust the command");
    agent.kill();
    makeUp("BBBB");
    startAgent();
    await refused("BBBB", "Nothing to do in deployment");

    assert.deepEqual(ran(), ["deployed", "deployed again"]);
  },
);

test(
  "a bundle that somebody exchanges on the way, under the same ETag, is not installed",
  { timeout: 120_000 },
  async (t) => {
    const { wire, ran, deploy, ended, startAgent } = await openFixture(t);
    const isBundle = ({ about: what }: Said) => what.startsWith("GET /");
    const agent = startAgent();
    assert.equal((await ended(await deploy("evil"))).status, "Succeeded");
    const evil = wire.said.find(isBundle);
    assert(evil);
    wire.change = (said) => (isBundle(said) ? evil.body : said.body);

    const { status, events } = await ended(await deploy("good"));

    assert.equal(status, "Failed");
    const download = events.find(({ lifecycleEventName }) => lifecycleEventName === "DownloadBundle");
    assert.match(download?.diagnostics?.message ?? "", /^Cannot trust the bundle that has come: its SHA-256 is /);
    assert.deepEqual(ran(), ["evil"]);
    agent.kill();
  },
);

test(
  "a host whose clock is wrong by minutes carries out what is meant for it, and nothing that was said before",
  { timeout: 120_000 },
  async (t) => {
    const { wire, ran, deploy, ended, startAgent } = await openFixture(t);
    const clocks = { slow: Date.now() - 14 * 60_000, fast: Date.now() + 14 * 60_000 };
    for (const [word, clock] of Object.entries(clocks)) {
      const agent = startAgent(clock);
      const { status, log } = await ended(await deploy(word));
      assert.equal(status, "Succeeded", log);
      agent.kill();
    }
    const told = about(wire.said, "PollHostCommand").find(({ body }) => body.includes("AfterInstall"));
    const firsts = new Map(wire.said.toReversed().map((one) => [one.about, one]));
    assert(told);
    const made = [{ ...told, body: marked(told, "AAAA") }];
    wire.instead = (operation) => (operation === "PollHostCommand" ? made.shift() : firsts.get(operation));
    wire.said.splice(0);

    startAgent(clocks.slow);

    const outcome = await eventually("the host has answered", async () => outcomes(wire.said)[0]);
    assert.match(outcome, /made as the answer to another question/);
    assert.deepEqual(ran(), ["slow", "fast"]);
  },
);
