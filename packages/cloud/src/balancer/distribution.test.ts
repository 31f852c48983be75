import assert from "node:assert/strict";
import { once } from "node:events";
import { request as openRequest } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import {
  CreateRuleCommand,
  CreateTargetGroupCommand,
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ModifyListenerCommand,
  ModifyTargetGroupAttributesCommand,
  RegisterTargetsCommand,
  type RuleCondition,
  type TargetGroupStickinessConfig,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { openLocalCloud } from "../../test/local-cloud.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import { type Backend, type Balanced, openBackend, openBalanced } from "../../test/targets.ts";

const noHaproxy = await whyMissing("haproxy");

const named = (t: TestContext, name: string) => openBackend(t, (_, response) => response.end(name));

/** How many of so many requests each name answered. */
async function count(url: string, requests: number, headers: Record<string, string> = {}) {
  const answers = Array.from({ length: requests }, async () => (await fetch(url, { headers })).text());
  return Map.groupBy(await Promise.all(answers), (name) => name);
}

const share = (counted: ReadonlyMap<string, readonly string[]>, name: string) => counted.get(name)?.length ?? 0;

const setAttributes = ({ elb, group: TargetGroupArn }: Balanced, attributes: Readonly<Record<string, string>>) =>
  elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn,
      Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
    }),
  );

interface Weights {
  readonly weights: readonly [number, number];
  readonly sticky?: TargetGroupStickinessConfig;
}

/** A second target group with one healthy target behind the same listener, which goes by weights from here on. */
async function weigh(balanced: Balanced, backend: Backend, how: Weights): Promise<readonly string[]> {
  const { elb } = balanced;
  const made = await elb.send(
    new CreateTargetGroupCommand({
      ...{ Name: "second", Protocol: "HTTP", Port: 8080, VpcId: "vpc-00000000000000001", TargetType: "ip" },
    }),
  );
  const second = made.TargetGroups?.[0]?.TargetGroupArn;
  const groups = [balanced.group, second ?? ""];
  await setWeights(balanced, groups, how);
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn: second, Targets: [backend.target] }));
  await eventually("the second target is healthy", async () => {
    const { TargetHealthDescriptions = [] } = await elb.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: second }),
    );
    return TargetHealthDescriptions[0]?.TargetHealth?.State === "healthy" ? true : undefined;
  });
  return groups;
}

async function setWeights(
  { elb, listener: ListenerArn }: Balanced,
  groups: readonly string[],
  { weights, sticky }: Weights,
): Promise<void> {
  const TargetGroups = groups.map((TargetGroupArn, at) => ({ TargetGroupArn, Weight: weights[at] }));
  const ForwardConfig = { TargetGroups, TargetGroupStickinessConfig: sticky };
  const DefaultActions = [{ Type: "forward" as const, ForwardConfig }];
  await elb.send(new ModifyListenerCommand({ ListenerArn, DefaultActions }));
}

test("target groups get requests by their weights", (t) => goesByWeights(t, "builtin"));

test("HAProxy goes by weights, too", { skip: noHaproxy }, (t) => goesByWeights(t, "haproxy"));

async function goesByWeights(t: TestContext, loadBalancer: "builtin" | "haproxy"): Promise<void> {
  const cloud = await openLocalCloud(t, { loadBalancer });
  const balanced = await openBalanced(t, cloud);
  await balanced.join(await named(t, "first"));
  await weigh(balanced, await named(t, "second"), { weights: [1, 3] });

  const counted = await count(balanced.url, 400);

  // Six standard deviations around 300 of 400: chance alone does not lead outside.
  assert(share(counted, "second") > 248 && share(counted, "second") < 352, `${share(counted, "second")} of 400`);
  assert.equal(share(counted, "first") + share(counted, "second"), 400);
}

test("a group of weight 0 gets nothing, and where all have it nobody answers", (t) => leavesOut(t, "builtin"));

test("HAProxy leaves a group of weight 0 out, too", { skip: noHaproxy }, (t) => leavesOut(t, "haproxy"));

async function leavesOut(t: TestContext, loadBalancer: "builtin" | "haproxy"): Promise<void> {
  const cloud = await openLocalCloud(t, { loadBalancer });
  const balanced = await openBalanced(t, cloud);
  await balanced.join(await named(t, "first"));
  const second = await named(t, "second");
  const groups = await weigh(balanced, second, { weights: [0, 5] });

  assert.equal(share(await count(balanced.url, 50), "second"), 50);
  await setWeights(balanced, groups, { weights: [0, 0] });
  // A worker of HAProxy's that was replaced answers once more on each connection that was kept.
  const page = await eventually("nobody answers", async () => {
    const nobody = await fetch(balanced.url);
    const text = await nobody.text();
    return nobody.status === 503 ? text : undefined;
  });
  assert.match(page, /503 Service Temporarily Unavailable/);
}

test("a client stays with its group where the listener wants that", async (t) => {
  const cloud = await openLocalCloud(t);
  const balanced = await openBalanced(t, cloud);
  await balanced.join(await named(t, "first"));
  const sticky = { Enabled: true, DurationSeconds: 60 };
  await weigh(balanced, await named(t, "second"), { weights: [1, 1], sticky });

  const answer = await fetch(balanced.url);
  const name = await answer.text();
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");

  assert.match(cookie, /^AWSALBTG=[^;]+; AWSALBTGCORS=/);
  assert.equal(share(await count(balanced.url, 30, { cookie }), name), 30);
  const without = await count(balanced.url, 60);
  assert.equal(without.size, 2);
});

test("a client that the application knows stays with its target", async (t) => {
  const { balanced, name, cookies } = await logIn(t, "builtin");

  const plain = await fetch(balanced.url);
  const held = await count(balanced.url, 20, { cookie: cookies.join("; ") });
  const alone = await count(balanced.url, 20, {
    cookie: cookies.filter((one) => !one.startsWith(sessionCookie)).join("; "),
  });

  assert.deepEqual(plain.headers.getSetCookie(), []);
  assert.match(cookies.join("; "), /^SESS'#ION=abc; AWSALBAPP-0=/);
  assert.equal(share(held, name), 20);
  assert.equal(alone.size, 2, "the load balancer's cookie counts only beside the application's");
});

test("with HAProxy it stays, too", { skip: noHaproxy }, async (t) => {
  const { balanced, name, cookies } = await logIn(t, "haproxy");

  assert.equal(share(await count(balanced.url, 20, { cookie: cookies.join("; ") }), name), 20);
  assert.equal((await count(balanced.url, 20)).size, 2);
});

/** A name that HTTP allows and a configuration language may trip over. */
const sessionCookie = "SESS'#ION";

/** Two targets whose application knows its clients by a cookie, and a client that one of them knows. */
async function logIn(t: TestContext, loadBalancer: "builtin" | "haproxy") {
  const cloud = await openLocalCloud(t, { loadBalancer });
  const greet = (name: string) =>
    openBackend(t, ({ url }, response) => {
      if (url === "/login") response.setHeader("set-cookie", `${sessionCookie}=abc; Path=/`);
      response.end(name);
    });
  const balanced = await openBalanced(t, cloud);
  await setAttributes(balanced, {
    "stickiness.enabled": "true",
    "stickiness.type": "app_cookie",
    "stickiness.app_cookie.cookie_name": sessionCookie,
  });
  await balanced.join(await greet("first"), await greet("second"));

  const login = await fetch(`${balanced.url}login`);
  const cookies = login.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
  return { balanced, name: await login.text(), cookies };
}

test("a newcomer gets its share slowly where the group wants that", async (t) => {
  const cloud = await openLocalCloud(t);
  const balanced = await openBalanced(t, cloud);
  await setAttributes(balanced, { "slow_start.duration_seconds": "900" });
  await balanced.join(await named(t, "old"));
  await balanced.join(await named(t, "new"));

  const slow = await count(balanced.url, 100);
  await setAttributes(balanced, { "slow_start.duration_seconds": "0" });
  const full = await count(balanced.url, 100);

  assert(share(slow, "new") < 20, `${share(slow, "new")} of 100`);
  assert.equal(share(full, "new"), 50);
  await assert.rejects(setAttributes(balanced, { "slow_start.duration_seconds": "29" }), { name: "ValidationError" });
});

test("a target that has much to do gets less where the group counts that", async (t) => {
  const cloud = await openLocalCloud(t);
  const waiting: (() => void)[] = [];
  const slow = await openBackend(t, ({ url }, response) => {
    if (url === "/slow") waiting.push(() => response.end("slow"));
    else response.end("slow");
  });
  const balanced = await openBalanced(t, cloud);
  await setAttributes(balanced, { "load_balancing.algorithm.type": "least_outstanding_requests" });
  await balanced.join(slow);
  const asked = Promise.all([1, 2, 3].map(async () => (await fetch(`${balanced.url}slow`)).text()));
  await eventually("all are under way", async () => (waiting.length === 3 ? true : undefined));
  await balanced.join(await named(t, "idle"));

  for (let turn = 0; turn < 10; turn += 1) assert.equal(await (await fetch(balanced.url)).text(), "idle");
  for (const answer of waiting) answer();
  assert.deepEqual(await asked, ["slow", "slow", "slow"]);
});

test("a WebSocket goes on while its target drains, and is cut when the delay is over", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, (_, response) => response.end());
  backend.server.on("upgrade", (_, socket) => {
    socket.on("error", () => socket.destroy());
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.pipe(socket);
  });
  const balanced = await openBalanced(t, cloud);
  await setAttributes(balanced, { "deregistration_delay.timeout_seconds": "2" });
  await balanced.join(backend);
  const asked = openRequest(balanced.url, { headers: { connection: "Upgrade", upgrade: "websocket" } }).end();
  const [, socket] = (await once(asked, "upgrade")) as [unknown, Socket]; // what a request emits
  t.after(() => socket.destroy());

  const { elb, group: TargetGroupArn } = balanced;
  await elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [backend.target] }));
  const [state] = await balanced.states();
  socket.write("still here");
  const [echo] = (await once(socket, "data")) as [Buffer]; // no encoding is set
  const refused = await fetch(balanced.url);
  await once(socket, "close");

  assert.equal(state, "draining Target.DeregistrationInProgress");
  assert.equal(echo.toString(), "still here");
  assert.equal(refused.status, 503);
  assert.deepEqual(await balanced.states(), []);
});

test("a network load balancer cuts the connections of a target that is gone only where the group wants that", async (t) => {
  const cloud = await openLocalCloud(t);
  const server = createServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const target = { Id: "127.0.0.1", Port: (server.address() as AddressInfo).port }; // it listens on TCP
  const balanced = await openBalanced(t, cloud, { type: "network" });
  await setAttributes(balanced, { "deregistration_delay.timeout_seconds": "0" });
  const { elb, group: TargetGroupArn, port } = balanced;
  const open = async () => {
    await balanced.join({ target });
    const socket = connect({ port, host: "127.0.0.1" });
    t.after(() => socket.destroy());
    socket.write("hello");
    await once(socket, "data");
    const closed = once(socket, "close");
    await elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [target] }));
    return { socket, closed };
  };

  const { socket: kept } = await open();
  kept.write("still here");
  const [echo] = (await once(kept, "data")) as [Buffer]; // no encoding is set
  await setAttributes(balanced, { "deregistration_delay.connection_termination.enabled": "true" });
  const cut = await open();
  await cut.closed;

  assert.equal(echo.toString(), "still here");
});

test("a request that is under way when its target leaves is answered", async (t) => {
  const cloud = await openLocalCloud(t);
  const waiting: (() => void)[] = [];
  const backend = await openBackend(t, ({ url }, response) => {
    if (url === "/slow") waiting.push(() => response.end("late, and whole"));
    else response.end();
  });
  const balanced = await openBalanced(t, cloud);
  await balanced.join(backend);

  const answer = fetch(`${balanced.url}slow`);
  await eventually("it is under way", async () => (waiting.length === 1 ? true : undefined));
  const { elb, group: TargetGroupArn } = balanced;
  await elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [backend.target] }));
  waiting[0]?.();

  assert.equal(await (await answer).text(), "late, and whole");
});

test("rules tell hosts and clients' addresses apart", (t) => decidesByHostAndAddress(t, "builtin"));

test("HAProxy tells them apart, too", { skip: noHaproxy }, (t) => decidesByHostAndAddress(t, "haproxy"));

async function decidesByHostAndAddress(t: TestContext, loadBalancer: "builtin" | "haproxy"): Promise<void> {
  const cloud = await openLocalCloud(t, { loadBalancer });
  const balanced = await openBalanced(t, cloud);
  const answers = async (Priority: number, name: string, ...Conditions: RuleCondition[]) => {
    const FixedResponseConfig = { StatusCode: "200", ContentType: "text/plain", MessageBody: name };
    const Actions = [{ Type: "fixed-response" as const, FixedResponseConfig }];
    await balanced.elb.send(new CreateRuleCommand({ ListenerArn: balanced.listener, Priority, Conditions, Actions }));
  };
  await answers(1, "stranger", { Field: "source-ip", SourceIpConfig: { Values: ["203.0.113.0/24", "2001:db8::/32"] } });
  await answers(2, "shop", { Field: "host-header", Values: ["*.shop.example", "shop.example"] });
  await answers(3, "own", { Field: "source-ip", SourceIpConfig: { Values: ["127.0.0.0/8"] } });
  const ask = async (host: string) => {
    const asked = openRequest(balanced.url, { headers: { host } }).end();
    const [answer] = (await once(asked, "response")) as [NodeJS.ReadableStream]; // what a request emits
    let said = "";
    for await (const chunk of answer) said += String(chunk);
    return said;
  };

  assert.equal(await ask("WWW.Shop.Example:8080"), "shop");
  assert.equal(await ask("shop.example"), "shop");
  assert.equal(await ask("shop.example.com"), "own");
}
