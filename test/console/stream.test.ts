import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
} from "@aws-sdk/client-codedeploy";
import { IAMClient, UpdateAccessKeyCommand } from "@aws-sdk/client-iam";
import type { Delta, StreamBatch, StreamMessages } from "@sluice/server/console-contract";
import { newUser } from "../identity/principals.ts";
import { type BrowserSession, type ConsoleFixture, openConsoleFixture } from "./console-fixture.ts";

/** A message as it came, with the time of its arrival. */
interface Message {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
  readonly at: number;
}

/** Reads a stream message by message. */
async function openStream(t: TestContext, { url }: ConsoleFixture, as: BrowserSession, query: string) {
  const stop = new AbortController();
  t.after(() => stop.abort());
  const headers = { cookie: as.cookie, "x-sluice-session": as.session };
  const response = await fetch(new URL(`/console/stream?${query}`, url), { headers, signal: stop.signal });
  const messages = messagesOf(response);
  return {
    response,
    stop: () => stop.abort(),
    /** The next message of a kind; what comes before it is left out. */
    async next<Name extends keyof StreamMessages>(
      name: Name,
      wanted: (data: StreamMessages[Name]) => boolean = () => true,
    ) {
      for await (const message of { [Symbol.asyncIterator]: () => ({ next: () => messages.next() }) })
        if (message.event === name && wanted(message.data as StreamMessages[Name]))
          return { ...message, data: message.data as StreamMessages[Name] }; // as the contract has it
      return assert.fail(`the stream has ended before a message "${name}"`);
    },
  };
}

async function* messagesOf({ body }: Response): AsyncGenerator<Message, undefined> {
  let text = "";
  for await (const bytes of (body ?? assert.fail()).pipeThrough(new TextDecoderStream())) {
    text += bytes;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data !== undefined)
        yield { event: field("event") ?? "", id: field("id"), data: JSON.parse(data), at: performance.now() };
    }
  }
  return undefined;
}

const role = "arn:aws:iam::123456789012:role/deploy";

/** An application with a group that selects nothing, so that its deployments fail at once. */
async function newGroup(fixture: ConsoleFixture, applicationName: string) {
  const client = new CodeDeployClient(fixture.as());
  await client.send(new CreateApplicationCommand({ applicationName }));
  await client.send(
    new CreateDeploymentGroupCommand({ applicationName, deploymentGroupName: "prod", serviceRoleArn: role }),
  );
  return {
    deploy: async () => {
      const revision = {
        revisionType: "GitHub",
        gitHubLocation: { repository: "a/b", commitId: "c".repeat(40) },
      } as const;
      const input = { applicationName, deploymentGroupName: "prod", revision };
      const { deploymentId = "" } = await client.send(new CreateDeploymentCommand(input));
      return deploymentId;
    },
    close: () => client.destroy(),
  };
}

const isOf = (id: string, status: string) => (delta: Delta) =>
  delta.topic === "now" && delta.rows.some((row) => row.id === id && row.status === status);

test("a reader hears of what happens within a second, and goes on from where it was", async (t) => {
  const fixture = await openConsoleFixture(t);
  const as = await fixture.logIn();
  const { deploy, close } = await newGroup(fixture, "shop");
  t.after(close);
  const first = await openStream(t, fixture, as, "topics=now,events,where");
  const hello = await first.next("hello");
  const began = performance.now();

  const id = await deploy();
  const heard = await first.next("delta", isOf(id, "Failed"));
  first.stop();
  const missed = await deploy();
  const second = await openStream(t, fixture, as, `topics=now,deployment:${missed}&since=${heard.id}`);
  const later = await second.next("delta", (delta) => delta.topic === `deployment:${missed}`);

  assert.equal(first.response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.match(first.response.headers.get("cache-control") ?? "", /no-store, no-transform/);
  assert.equal(first.response.headers.get("x-accel-buffering"), "no");
  assert.equal(hello.data.beatSeconds, 15);
  assert(heard.at - began < 2_000, `it took ${heard.at - began} ms`);
  assert.equal(heard.data.cursor, heard.id);
  assert(Number(later.id) > Number(heard.id));
});

test("a cursor that is none of this log's, or too old, means to read again", async (t) => {
  const fixture = await openConsoleFixture(t, { eventsMax: 5 });
  const as = await fixture.logIn();
  const client = new CodeDeployClient(fixture.as());
  t.after(() => client.destroy());
  for (let place = 0; place < 30; place += 1)
    await client.send(new CreateApplicationCommand({ applicationName: `app-${place}` }));

  const [old, ahead] = [
    await openStream(t, fixture, as, "topics=now&since=1"),
    await openStream(t, fixture, as, "topics=now&since=999999"),
  ];

  for (const stream of [old, ahead]) assert.equal((await stream.next("resync")).data.why, "too old");
  assert.equal((await fixture.ask("/console/stream?topics=now&since=x", { as })).status, 400);
  assert.equal((await fixture.ask("/console/stream?topics=nothing", { as })).status, 400);
  assert.equal((await fixture.ask("/console/stream?topics=now")).status, 401);
});

test("a topic is told at most four times a second, whatever happens", async (t) => {
  const fixture = await openConsoleFixture(t);
  const as = await fixture.logIn();
  const client = new CodeDeployClient(fixture.as());
  t.after(() => client.destroy());
  const stream = await openStream(t, fixture, as, "topics=events");
  await stream.next("hello");
  const began = performance.now();
  for (let place = 0; place < 60; place += 1)
    await client.send(new CreateApplicationCommand({ applicationName: `app-${place}` }));
  let [told, deltas] = [0, 0];
  while (told < 60) {
    const { data } = await stream.next("delta");
    told += "events" in data ? data.events.length + (data.more ?? 0) : 0;
    deltas += 1;
  }
  const seconds = (performance.now() - began) / 1_000;

  assert(deltas <= Math.ceil(seconds * 4) + 1, `${deltas} deltas in ${seconds} s`);
});

test("a stream ends within a second after its session, or its key", async (t) => {
  const fixture = await openConsoleFixture(t);
  const rights = [{ Effect: "Allow", Action: ["sluice:*", "codedeploy:*"], Resource: "*" }];
  const key = await newUser(fixture, "ada", ...rights);
  const [revoked, ended] = [await fixture.logIn(), await fixture.logIn(key)];
  const [one, other] = [
    await openStream(t, fixture, revoked, "topics=now"),
    await openStream(t, fixture, ended, "topics=now"),
  ];
  await Promise.all([one.next("hello"), other.next("hello")]);

  const outAt = performance.now();
  await fixture.ask("/console/api/session", { method: "DELETE", as: revoked });
  const out = await one.next("end");
  const iam = new IAMClient(fixture.as());
  await iam.send(new UpdateAccessKeyCommand({ UserName: "ada", AccessKeyId: key.accessKeyId, Status: "Inactive" }));
  iam.destroy();
  const keyAt = performance.now();
  const over = await other.next("end");

  assert.deepEqual([out.data.next, over.data.next], ["login", "login"]);
  assert(out.at - outAt < 1_000 && over.at - keyAt < 1_000, `${out.at - outAt} ms, ${over.at - keyAt} ms`);
});

test("where a proxy lets no stream through, the same is asked for again and again", async (t) => {
  const fixture = await openConsoleFixture(t);
  const as = await fixture.logIn();
  const { deploy, close } = await newGroup(fixture, "shop");
  t.after(close);
  const idle = await fixture.ask<StreamBatch>("/console/stream?topics=now&wait=0", { as });
  const waiting = fixture.ask<StreamBatch>(`/console/stream?topics=now,events&wait=25&since=${idle.body.cursor}`, {
    as,
  });

  const id = await deploy();
  const { status, body } = await waiting;

  assert.deepEqual(idle.body.deltas, []);
  assert.equal(status, 200);
  assert(Number(body.cursor) > Number(idle.body.cursor));
  assert(JSON.stringify(body.deltas).includes(id));
  assert.equal((await fixture.ask("/console/stream?topics=now&wait=26", { as })).status, 400);
});

test("a reader hears of the groups that it may see, and of no others", async (t) => {
  const fixture = await openConsoleFixture(t);
  const arn = (type: string, name: string) => `arn:aws:codedeploy:eu-west-1:123456789012:${type}:${name}`;
  const key = await newUser(
    fixture,
    "ada",
    { Effect: "Allow", Action: "sluice:CreateConsoleCode", Resource: "*" },
    { Effect: "Allow", Action: "codedeploy:GetDeployment", Resource: arn("deploymentgroup", "shop/prod") },
  );
  const [shop, secret] = [await newGroup(fixture, "shop"), await newGroup(fixture, "secret")];
  t.after(() => [shop, secret].forEach(({ close }) => close()));
  const as = await fixture.logIn(key);
  const stream = await openStream(t, fixture, as, "topics=now,events,where,deployments");
  const { data } = await stream.next("hello");

  const [hidden, seen] = [await secret.deploy(), await shop.deploy()];
  await stream.next("delta", isOf(seen, "Failed"));
  const { body } = await fixture.ask<StreamBatch>(
    `/console/stream?topics=now,events,where,deployments&wait=1&since=${data.cursor}`,
    { as },
  );

  assert.equal(JSON.stringify(body).includes(hidden), false);
  assert.equal(JSON.stringify(body).includes("secret"), false);
  assert.equal((await fixture.ask(`/console/stream?topics=deployment:${hidden}`, { as })).status, 403);
  assert.equal((await fixture.ask("/console/stream?topics=audit", { as })).status, 403);
  assert.equal((await fixture.ask(`/console/api/deployments/${hidden}`, { as })).status, 403);
  const list = await fixture.ask("/console/api/deployments", { as });
  assert.equal(list.text.includes(hidden), false);
  assert(list.text.includes(seen));
});
