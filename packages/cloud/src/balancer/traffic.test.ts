import assert from "node:assert/strict";
import { once } from "node:events";
import { request as openRequest } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateRuleCommand,
  DescribeTargetHealthCommand,
  type CreateRuleCommandInput,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { openLocalCloud } from "../../test/local-cloud.ts";
import { whyMissing } from "../../../../test/support/why-missing.ts";
import { type Balanced, openBackend, openBalanced } from "../../test/targets.ts";

test("a request reaches its target as it was sent, with AWS's headers added", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, (request, response) => {
    void text(request).then((body) =>
      response.end(JSON.stringify({ url: request.url, headers: request.headers, body })),
    );
  });
  const balanced = await openBalanced(t, cloud);
  await balanced.join(backend);

  const answer = await fetch(`${balanced.url}a%20b?c=d`, {
    method: "POST",
    body: "x".repeat(300_000),
    headers: { "x-forwarded-for": "203.0.113.7", "x-own": "1" },
  });
  const { url, headers, body } = (await answer.json()) as {
    url: string;
    headers: Record<string, string>;
    body: string;
  }; // written above

  assert.equal(url, "/a%20b?c=d");
  assert.equal(body.length, 300_000);
  assert.equal(headers["x-own"], "1");
  assert.equal(headers["x-forwarded-for"], "203.0.113.7, 127.0.0.1");
  assert.equal(headers["x-forwarded-proto"], "http");
  assert.equal(headers["x-forwarded-port"], String(balanced.port));
  assert.match(headers["x-amzn-trace-id"] ?? "", /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
});

test("an answer streams through as it comes, and one that breaks off is broken off", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, ({ url }, response) => {
    response.write("first");
    if (url === "/broken") setImmediate(() => response.destroy());
    else if (url === "/") response.end();
  });
  const balanced = await openBalanced(t, cloud);
  await balanced.join(backend);

  const endless = await fetch(`${balanced.url}endless`);
  const { value } = (await endless.body?.getReader().read()) ?? {};
  const broken = await fetch(`${balanced.url}broken`);

  assert.equal(Buffer.from(value ?? []).toString(), "first");
  await assert.rejects(broken.text());
});

test("trouble with a target has AWS's pages", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, (request, response) => {
    if (request.url === "/") response.end();
    else request.socket.destroy();
  });
  const balanced = await openBalanced(t, cloud);

  const none = await fetch(balanced.url);
  await balanced.join(backend);
  const dead = await fetch(`${balanced.url}dead`, { method: "POST", body: "x" });

  assert.equal(none.status, 503);
  assert.match(await none.text(), /<center><h1>503 Service Temporarily Unavailable<\/h1><\/center>/);
  assert.equal(dead.status, 502);
  assert.equal(dead.headers.get("server"), "awselb/2.0");
});

test("a connection changes over to another protocol and carries bytes both ways", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, (_, response) => response.end());
  backend.server.on("upgrade", (_, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    socket.pipe(socket);
  });
  const balanced = await openBalanced(t, cloud);
  await balanced.join(backend);

  const asked = openRequest(`${balanced.url}chat`, { headers: { connection: "Upgrade", upgrade: "echo" } }).end();
  const [answer, socket] = (await once(asked, "upgrade")) as [{ statusCode: number }, ReturnType<typeof connect>]; // what a request emits
  t.after(() => socket.destroy());
  socket.write("hello");
  const [echo] = (await once(socket, "data")) as [Buffer]; // no encoding is set

  assert.equal(answer.statusCode, 101);
  assert.equal(echo.toString(), "hello");
});

test("a network load balancer carries TCP, and a client that has ended its side still hears the answer", async (t) => {
  const cloud = await openLocalCloud(t);
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    let said = "";
    socket.on("data", (chunk: Buffer) => (said += chunk.toString())).on("end", () => socket.end(said.toUpperCase()));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const balanced = await openBalanced(t, cloud, { type: "network" });
  await balanced.join({ target: { Id: "127.0.0.1", Port: port } });

  const client = connect({ port: balanced.port, host: "127.0.0.1", allowHalfOpen: true });
  client.end("hello");

  assert.equal(await text(client), "HELLO");
});

const rule = (balanced: Balanced, fields: Omit<CreateRuleCommandInput, "ListenerArn">) =>
  balanced.elb.send(new CreateRuleCommand({ ListenerArn: balanced.listener, ...fields }));

const noHaproxy = await whyMissing("haproxy");

test("rules decide by path, header, query and method, in the order of their priorities", (t) =>
  decidesByRules(t, "builtin"));

test("HAProxy decides by the same rules, and takes up each while it runs", { skip: noHaproxy }, (t) =>
  decidesByRules(t, "haproxy"),
);

async function decidesByRules(
  t: Parameters<typeof openBackend>[0],
  loadBalancer: "builtin" | "haproxy",
): Promise<void> {
  const cloud = await openLocalCloud(t, { loadBalancer });
  const balanced = await openBalanced(t, cloud);
  const says = (MessageBody: string) => [
    {
      Type: "fixed-response" as const,
      FixedResponseConfig: { StatusCode: "200", ContentType: "text/plain", MessageBody },
    },
  ];
  await rule(balanced, {
    Priority: 30,
    Conditions: [{ Field: "path-pattern", Values: ["/img/*"] }],
    Actions: says("path"),
  });
  await rule(balanced, {
    Priority: 20,
    Conditions: [
      { Field: "path-pattern", Values: ["/img/*"] },
      { Field: "query-string", QueryStringConfig: { Values: [{ Key: "v", Value: "2?" }] } },
    ],
    Actions: says("query"),
  });
  await rule(balanced, {
    Priority: 10,
    Conditions: [
      { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-Test", Values: ["yes"] } },
      { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["PUT"] } },
    ],
    Actions: says("header"),
  });
  await rule(balanced, {
    Priority: 40,
    Conditions: [{ Field: "path-pattern", Values: ["/old"] }],
    Actions: [{ Type: "redirect", RedirectConfig: { StatusCode: "HTTP_301", Path: "/new", Host: "example.com" } }],
  });
  const anyBody = `first\n  stats socket /nowhere\r\n\t'"\\$HOME %[env(HOME)] # {\\n} é`;
  await rule(balanced, {
    Priority: 50,
    Conditions: [{ Field: "path-pattern", Values: ["/any/'$*"] }],
    Actions: says(anyBody),
  });

  await rule(balanced, {
    Priority: 60,
    Conditions: [{ Field: "path-pattern", Values: ["/nul"] }],
    Actions: says("\0"),
  });

  await rule(balanced, {
    Priority: 70,
    Conditions: [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-'#$", Values: ["odd"] } }],
    Actions: says("odd header"),
  });

  const ask = async (path: string, options: RequestInit = {}) =>
    (await fetch(`http://127.0.0.1:${balanced.port}${path}`, options)).text();
  assert.equal(await ask("/img/a.png"), "path");
  assert.equal(await ask("/any/'$HOME"), anyBody);
  assert.equal(await ask("/img/a.png?v=21"), "query");
  assert.equal(await ask("/img/a.png?v=1"), "path");
  assert.equal(await ask("/img/a.png", { method: "PUT", headers: { "x-test": "YES" } }), "header");
  assert.equal(await ask("/", { headers: { "x-'#$": "odd" } }), "odd header");
  const moved = await fetch(`${balanced.url}old?a=b`, { redirect: "manual" });
  assert.equal(moved.status, 301);
  assert.equal(moved.headers.get("location"), `http://example.com:${balanced.port}/new?a=b`);
  await assert.rejects(
    rule(balanced, { Priority: 10, Conditions: [{ Field: "path-pattern", Values: ["/x"] }], Actions: says("x") }),
    { name: "PriorityInUseException" },
  );
}

test("two load balancers share a port, told apart by the name that the client asks for", async (t) => {
  const cloud = await openLocalCloud(t);
  const first = await openBalanced(t, cloud);
  const { LoadBalancers = [] } = await first.elb.send(
    new CreateLoadBalancerCommand({
      Name: "second",
      Subnets: ["subnet-0000000000000000a", "subnet-0000000000000000b"],
    }),
  );
  await first.elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn,
      Protocol: "HTTP",
      Port: first.port,
      DefaultActions: [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "404", MessageBody: "second" } }],
    }),
  );

  const status = (host: string) =>
    new Promise((resolve, reject) => {
      openRequest({ host: "127.0.0.1", port: first.port, headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .once("error", reject)
        .end();
    });
  assert.equal(await status(`${LoadBalancers[0]?.DNSName}:${first.port}`), 404);
  assert.equal(await status(first.hostname), 503);
});

test("a client stays with its target where the group wants that", async (t) => {
  const cloud = await openLocalCloud(t);
  const backends = await Promise.all([1, 2].map((name) => openBackend(t, (_, response) => response.end(`${name}`))));
  const balanced = await openBalanced(t, cloud);
  await balanced.elb.send(
    new ModifyTargetGroupAttributesCommand({
      TargetGroupArn: balanced.group,
      Attributes: [{ Key: "stickiness.enabled", Value: "true" }],
    }),
  );
  await balanced.join(...backends);

  const first = await fetch(balanced.url);
  const cookie = (first.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
  const name = await first.text();
  const others = await Promise.all(
    Array.from({ length: 10 }, async () => (await fetch(balanced.url, { headers: { cookie } })).text()),
  );

  assert.match(cookie, /^AWSALB=/);
  assert.deepEqual(new Set(others), new Set([name]));
});

test("listeners come back after a restart, and a healthy target serves at once", async (t) => {
  const cloud = await openLocalCloud(t);
  const backend = await openBackend(t, (_, response) => response.end("hello"));
  const balanced = await openBalanced(t, cloud, { HealthCheckIntervalSeconds: 300 });
  await balanced.join(backend);

  const again = await cloud.restart();

  assert.equal(await (await fetch(balanced.url)).text(), "hello");
  const elb = new ElasticLoadBalancingV2Client(again.client);
  t.after(() => elb.destroy());
  const { TargetHealthDescriptions } = await elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: balanced.group }),
  );
  assert.equal(TargetHealthDescriptions?.[0]?.TargetHealth?.State, "healthy");
});
