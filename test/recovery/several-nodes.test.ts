import assert from "node:assert/strict";
import { get } from "node:https";
import { test, type TestContext } from "node:test";
import { CodeDeployClient, CreateApplicationCommand, ListApplicationsCommand } from "@aws-sdk/client-codedeploy";
import { eventually } from "../support/eventually.ts";
import { Postgres, whyNoPostgres } from "../support/postgres.ts";
import { deploy, endOf, eventsOf, nodesOf, openTwoNodes, registerHosts, rowsOf } from "../support/several-nodes.ts";
import { WanderingAgent } from "../support/wandering-agent.ts";

const skip = whyNoPostgres;
const options = { skip, timeout: 180_000 };

/** How long another node may take to write, in milliseconds. */
const takeoverMilliseconds = 3_000;

/** Two nodes, three hosts whose agents ask both in turn, and a deployment to them. */
async function openFleet(t: TestContext, eventMilliseconds: number) {
  const postgres = await Postgres.open(t);
  const [one, two] = await openTwoNodes(t, postgres);
  const hosts = await registerHosts(two, ["web-1", "web-2", "web-3"]);
  const agents = hosts.map((host) => new WanderingAgent(host, [one.url, two.url], eventMilliseconds));
  t.after(() => Promise.all(agents.map((agent) => agent.close())));
  const client = two.client();
  t.after(() => client.destroy());
  const ran = () => agents.flatMap((agent) => agent.ran);
  /** Resolves when so many events have run. */
  const hasRun = (count: number) =>
    eventually(`${count} events have run`, async () => (ran().length >= count ? true : undefined), 60);
  /** Holds that a deployment has succeeded, and that each host has run each event once. */
  const holds = async (deployment: string) => {
    assert.equal(await endOf(client, deployment), "Succeeded");
    const events = await eventsOf(client, deployment);
    assert(events.length > 0);
    assert.deepEqual(
      events.filter((event) => !event.endsWith("Succeeded")),
      [],
    );
    for (const agent of agents) {
      const names = agent.ran.map(({ event }) => event);
      assert.equal(new Set(names).size, names.length, `an event ran twice: ${names.join(", ")}`);
    }
    assert.equal(new Set(agents.map((agent) => agent.ran.length)).size, 1, "hosts have run the same");
  };
  /** Holds that both nodes have the same rows. Ends them. */
  const agree = async () => {
    await Promise.all(agents.map((agent) => agent.close()));
    await one.end("SIGTERM");
    await two.end("SIGTERM");
    assert.equal(await rowsOf(one), await rowsOf(two));
  };
  return { postgres, one, two, client, agents, ran, hasRun, holds, agree };
}

/** How long after a moment the first event has begun. */
const firstAfter = (ran: readonly { readonly at: number }[], moment: number) =>
  Math.min(...ran.map(({ at }) => at).filter((at) => at > moment)) - moment;

test("a writer that is killed in mid-deployment is replaced, and each hook has run once", options, async (t) => {
  const { one, two, client, ran, hasRun, holds, agree } = await openFleet(t, 150);
  assert.equal(one.writes, true);
  const deployment = await deploy(client);
  await hasRun(4);
  await client.send(new CreateApplicationCommand({ applicationName: "acknowledged" }));
  const killed = Date.now();
  await one.end("SIGKILL");
  await hasRun(ran().length + 3);
  await holds(deployment);
  assert.equal(two.writes, true);
  const taken = firstAfter(
    ran().filter(({ at }) => at > killed + 400),
    killed,
  );
  t.diagnostic(`the first event after ${taken} ms`);
  assert(taken <= takeoverMilliseconds, `${taken} ms`);
  const { applications = [] } = await client.send(new ListApplicationsCommand({}));
  assert(applications.includes("acknowledged"));

  await one.start();
  await eventually("the killed node follows", async () => (await one.isReady()) || undefined);
  const again = one.client();
  assert.deepEqual((await again.send(new ListApplicationsCommand({}))).applications, applications);
  again.destroy();
  await agree();
});

test("a writer that stands still and goes on later finds that it has lost, and follows", options, async (t) => {
  const { one, two, client, hasRun, holds, agree } = await openFleet(t, 150);
  const deployment = await deploy(client);
  await hasRun(4);
  one.signal("SIGSTOP");
  await eventually("the other node writes", async () => two.writes || undefined, 10);
  one.signal("SIGCONT");
  await holds(deployment);
  await eventually("the first node follows", async () => (await one.isReady()) || undefined);
  assert.equal(one.writes, false);
  const again = one.client();
  await again.send(new CreateApplicationCommand({ applicationName: "by-way-of-the-first" }));
  assert((await client.send(new ListApplicationsCommand({}))).applications?.includes("by-way-of-the-first"));
  again.destroy();
  await agree();
});

test("PostgreSQL may end in mid-deployment, and come back", options, async (t) => {
  const { postgres, client, hasRun, holds, agree } = await openFleet(t, 150);
  const deployment = await deploy(client);
  await hasRun(4);
  await postgres.stop("immediate");
  await postgres.start();
  await holds(deployment);
  await agree();
});

test(
  "a writer that is asked to end lets the other one write at once, and no request is refused",
  options,
  async (t) => {
    const { one, two, client, hasRun, holds } = await openFleet(t, 100);
    const deployment = await deploy(client);
    await hasRun(4);
    const asked = Date.now();
    const ending = one.end("SIGTERM");
    await eventually("the other node writes", async () => two.writes || undefined, 10);
    t.diagnostic(`the other node writes after ${Date.now() - asked} ms`);
    assert.equal(await ending, 0);
    await holds(deployment);
  },
);

test("nodes that speak HTTPS alone follow each other by the authority that they share", options, async (t) => {
  const postgres = await Postgres.open(t);
  const [one, two] = nodesOf(t, await postgres.database());
  await one.start("--tls-only");
  await eventually("the first node writes", async () => one.writes || undefined);
  await two.start("--tls-only");
  const isReady = () =>
    new Promise<true | undefined>((resolve) => {
      // Ready is a follower whose connection to the writer stands.
      get({ host: "127.0.0.1", port: two.port, path: "/readyz", rejectUnauthorized: false }, ({ statusCode }) =>
        resolve(statusCode === 200 ? true : undefined),
      ).on("error", () => resolve(undefined));
    });
  await eventually("the second node has reached the first", isReady, 15);
});

test("a node throttles a key by its own limit", options, async (t) => {
  const postgres = await Postgres.open(t);
  const [one] = nodesOf(t, await postgres.database());
  await one.start("--limit-requests", "1");
  await eventually("it writes", async () => one.writes || undefined);
  const { url, ...rest } = one.endpoint;
  const client = new CodeDeployClient({ ...rest, endpoint: url, maxAttempts: 1 });
  t.after(() => client.destroy());

  const asked = await Promise.allSettled(
    Array.from({ length: 20 }, () => client.send(new ListApplicationsCommand({}))),
  );

  const refused = asked.flatMap((answer) => (answer.status === "rejected" ? [String(answer.reason)] : []));
  assert(refused.length > 0 && refused.length < asked.length, `${refused.length} of ${asked.length} were refused`);
  assert(
    refused.every((reason) => reason.startsWith("ThrottlingException")),
    refused.join("\n"),
  );
});
