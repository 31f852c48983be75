import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { Readable } from "node:stream";
import { test } from "node:test";
import { answerOf, openDoor, send, signed, talk } from "../../test/fixtures/open-door.ts";
import { sampleModel } from "../../test/fixtures/sample-model.ts";
import { defineService } from "../service/define-service.ts";
import { Fault } from "../fault.ts";
import { type Protocol, serviceModel } from "../service/model.ts";
import type { Service } from "../service/service.ts";

/** A service that answers with its input; the text "fault" makes it fail, "defect" makes it break. */
function echo(
  protocol: Protocol,
  more: { readonly name?: string; readonly version?: string; readonly bodyBytesMax?: number } = {},
): Service {
  const { name = protocol, version = "2026-01-01", ...limits } = more;
  return defineService({
    name,
    model: { ...sampleModel(protocol), version },
    signingNames: [protocol],
    operations: {
      Echo: (_context: unknown, input: { readonly Text?: string }) => {
        if (input.Text === "fault") throw new Fault("TooManySamplesException", "There are <too> many");
        if (input.Text === "defect") throw new TypeError("secret of ours");
        return { ...input, FlatNames: [name] };
      },
      Nothing: () => undefined,
    },
    context: {},
    ...limits,
  });
}

/** S3 in so far as the door knows it: one object, which is kept nowhere. */
function store(): Service {
  return defineService({
    name: "s3",
    model: serviceModel("s3"),
    signingNames: ["s3"],
    operations: {
      PutObject: async (_context: unknown, { Bucket, Key, Body }: { Bucket: string; Key: string; Body: Readable }) => {
        if (Bucket === "absent")
          throw new Fault("NoSuchBucket", "The specified bucket does not exist", { status: 404 });
        let length = 0;
        for await (const part of Body) length += (part as Buffer).length; // a stream of bytes
        return { ETag: `${Bucket}/${Key}/${length}` };
      },
      GetObject: (_context: unknown, { Bucket, Key }: { Bucket: string; Key: string }) => ({
        Body: Readable.from([Buffer.from(`${Bucket}/${Key}`)]),
      }),
    },
    context: {},
  });
}

const everyProtocol = () => [echo("json"), echo("query"), echo("ec2"), echo("rest-json"), store()];
const target = { "x-amz-target": "Sample.Echo", "content-type": "application/x-amz-json-1.1" };
const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };

test("one port answers each protocol in its own form, with a request id", async (t) => {
  const { url, lines } = await openDoor(t, { services: everyProtocol() });

  const json = await send(url, { service: "json", headers: target, body: '{"Text":"a"}' });
  const query = await send(url, { service: "query", headers: form, body: "Action=Echo&Version=2026-01-01&Text=a" });
  const ec2 = await send(url, { service: "ec2", headers: form, body: "Action=Echo&Version=2026-01-01&Text=a" });
  const rest = await send(url, { service: "rest-json", path: "/echo", body: '{"Text":"a"}' });
  const s3 = await send(url, { service: "s3", method: "GET", path: "/b/k/with%20space" });

  assert.equal(json.text, '{"Text":"a","FlatNames":["json"]}');
  assert.equal(json.headers.get("content-type"), "application/x-amz-json-1.1");
  const requestId = query.headers.get("x-amzn-requestid");
  assert.equal(
    query.text,
    `<EchoResponse xmlns="https://sample.amazonaws.com/doc/2026-01-01/"><EchoResult><Text>a</Text><FlatName>query</FlatName></EchoResult><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></EchoResponse>`,
  );
  assert.match(ec2.text, /<EchoResponse xmlns="[^"]+"><requestId>[0-9a-f-]{36}<\/requestId><Text>a<\/Text>/);
  assert.equal(rest.text, '{"Text":"a","FlatNames":["rest-json"]}');
  assert.equal(rest.headers.get("content-type"), "application/json");
  assert.equal(s3.text, "b/k/with space");
  assert.match(String(s3.headers.get("x-amz-request-id")), /^[0-9a-f-]{36}$/);
  assert.deepEqual(
    lines.map(({ service, operation, status }) => `${service} ${operation} ${status}`),
    ["json Echo 200", "query Echo 200", "ec2 Echo 200", "rest-json Echo 200", "s3 GetObject 200"],
  );
});

test("an operation without output answers with an empty body, or with the protocol's empty frame", async (t) => {
  const { url } = await openDoor(t, { services: everyProtocol() });
  const nothing = "Action=Nothing&Version=2026-01-01";

  assert.equal(
    (await send(url, { service: "json", headers: { ...target, "x-amz-target": "Sample.Nothing" } })).text,
    "",
  );
  assert.match(
    (await send(url, { service: "query", headers: form, body: nothing })).text,
    /^<NothingResponse xmlns="[^"]+"><ResponseMetadata>/,
  );
  assert.match((await send(url, { service: "ec2", headers: form, body: nothing })).text, /<return>true<\/return>/);
  assert.equal((await send(url, { service: "rest-json", path: "/nothing" })).status, 204);
});

test("a fault has each protocol's form, and its modelled code and status", async (t) => {
  const { url, lines } = await openDoor(t, { services: everyProtocol() });
  const body = "Action=Echo&Version=2026-01-01&Text=fault";

  const json = await send(url, { service: "json", headers: target, body: '{"Text":"fault"}' });
  const query = await send(url, { service: "query", headers: form, body });
  const compatible = await send(url, { service: "query", headers: target, body: '{"Text":"fault"}' });
  const ec2 = await send(url, { service: "ec2", headers: form, body });
  const rest = await send(url, { service: "rest-json", path: "/echo", body: '{"Text":"fault"}' });

  assert.deepEqual(JSON.parse(json.text), { __type: "TooManySamplesException", message: "There are <too> many" });
  assert.equal(json.headers.get("x-amzn-errortype"), "TooManySamplesException");
  assert.match(
    query.text,
    /<ErrorResponse xmlns="[^"]+"><Error><Type>Sender<\/Type><Code>TooManySamples<\/Code><Message>There are &lt;too&gt; many<\/Message><\/Error><RequestId>/,
  );
  assert.equal(JSON.parse(compatible.text).__type, "TooManySamplesException");
  assert.equal(compatible.headers.get("x-amzn-query-error"), "TooManySamples;Sender");
  assert.match(ec2.text, /<Response><Errors><Error><Code>TooManySamples<\/Code><Message>.*<\/Errors><RequestID>/);
  assert.equal(rest.headers.get("x-amzn-errortype"), "TooManySamples");
  assert.deepEqual(
    [json, query, compatible, ec2, rest].map(({ status }) => status),
    [409, 409, 409, 409, 409],
  );
  assert(lines.every(({ fault }) => fault === "TooManySamplesException"));
});

test("a defect tells its caller nothing but that there was one", async (t) => {
  const { url } = await openDoor(t, { services: everyProtocol() });

  const { status, text } = await send(url, { service: "json", headers: target, body: '{"Text":"defect"}' });

  assert.equal(status, 500);
  assert.deepEqual(JSON.parse(text), {
    __type: "InternalFailure",
    message: "We encountered an internal error. Please try again.",
  });
});

test("services that share a signing name are told apart by the version in the form", async (t) => {
  const classic = echo("query", { name: "classic", version: "2012-06-01" });
  const { url } = await openDoor(t, { services: [classic, echo("query", { name: "newer", version: "2015-12-01" })] });
  const of = async (version: string) =>
    (await send(url, { service: "query", headers: form, body: `Action=Echo&Version=${version}` })).text;

  assert.match(await of("2012-06-01"), /<FlatName>classic</);
  assert.match(await of("2015-12-01"), /<FlatName>newer</);
  assert.match(
    (await send(url, { service: "query", method: "GET", path: "/?Action=Echo&Version=2015-12-01" })).text,
    /newer/,
  );
});

test("an unsigned request is refused by the service that its target, action or path names", async (t) => {
  const { url } = await openDoor(t, { services: everyProtocol() });
  const post = async (path: string, headers: Record<string, string>, body: string) =>
    answerOf(await fetch(url + path, { method: "POST", headers, body }));

  const json = await post("/", target, "{}");
  const query = await post("/", form, "Action=Echo&Version=2026-01-01");
  const rest = await post("/echo", {}, "{}");
  const s3 = await answerOf(await fetch(`${url}/bucket/key`, { headers: { "user-agent": "aws-cli/1" } }));
  const page = await answerOf(await fetch(`${url}/page`, { headers: { "user-agent": "a browser" } }));

  assert.equal(json.status, 400);
  assert.equal(JSON.parse(json.text).__type, "MissingAuthenticationTokenException");
  assert.equal(query.status, 403);
  assert.match(query.text, /<Code>MissingAuthenticationToken<\/Code>/);
  assert.equal(rest.headers.get("x-amzn-errortype"), "MissingAuthenticationTokenException");
  assert.match(
    s3.text,
    /<Error><Code>AccessDenied<\/Code><Message>Access Denied<\/Message><Resource>\/bucket\/key<\/Resource>/,
  );
  assert.equal(page.status, 404);
});

test("a wrong key, a wrong secret and a skewed clock are refused, and nothing is done", async (t) => {
  const { url, lines } = await openDoor(t, { services: everyProtocol() });
  const put = { service: "s3", method: "PUT", path: "/b/k", body: "x" };
  const code = async (outgoing: Parameters<typeof send>[1]) =>
    /<Code>(\w+)</.exec((await send(url, outgoing)).text)?.[1];

  assert.equal(await code({ ...put, accessKeyId: "AKIDOTHER" }), "InvalidAccessKeyId");
  assert.equal(await code({ ...put, secretAccessKey: "wrong" }), "SignatureDoesNotMatch");
  assert.equal(await code({ ...put, now: new Date(Date.now() - 16 * 60_000) }), "RequestTimeTooSkewed");
  assert.equal((await send(url, { service: "unheard-of" })).status, 404);
  assert.deepEqual(
    lines.map(({ operation, caller }) => `${operation} ${caller}`),
    ["- -", "- -", "- -", "- -"],
  );
});

test("a body that is not what was signed does not count", async (t) => {
  const { url } = await openDoor(t, { services: everyProtocol() });
  const put = { service: "s3", method: "PUT", path: "/b/k", body: "what was signed" };
  const { host: _, ...headers } = signed(url, put);

  const { status, text } = await answerOf(
    await fetch(`${url}/b/k`, { method: "PUT", headers, body: "what was sent!!" }),
  );

  assert.equal(status, 400);
  assert.match(text, /<Code>XAmzContentSHA256Mismatch</);
});

test("S3 is found by the bucket in its host as well as in its path", async (t) => {
  const { url, port } = await openDoor(t, { services: everyProtocol() });
  const host = `my.bucket.s3.localhost:${port}`;
  const lines = Object.entries(signed(`http://${host}`, { service: "s3", method: "GET", path: "/a/b" })).map(
    ([name, value]) => `${name}: ${value}`,
  );

  const answer = await talk(port, `GET /a/b HTTP/1.1\r\n${lines.join("\r\n")}\r\nconnection: close\r\n\r\n`);

  assert.match(answer, /my\.bucket\/a\/b/);
  assert.equal((await send(url, { service: "s3", method: "GET", path: "/my.bucket/a/b" })).text, "my.bucket/a/b");
});

test("bad input of every kind is a named fault of the caller's", async (t) => {
  const { url } = await openDoor(t, { services: [echo("json", { bodyBytesMax: 1000 }), echo("rest-json"), store()] });
  const json = async (body: string, headers: Record<string, string> = {}) => {
    const { status, text } = await send(url, { service: "json", headers: { ...target, ...headers }, body });
    return `${status} ${JSON.parse(text).__type}`;
  };

  assert.equal(await json("{"), "400 SerializationException");
  assert.equal(await json('{"Text":1}'), "400 SerializationException");
  assert.equal(await json(`{"Text":"${"x".repeat(2000)}"}`), "413 RequestEntityTooLargeException");
  assert.equal(await json("{}", { "x-amz-target": "Sample.Unheard" }), "400 UnknownOperationException");
  assert.equal(await json("{}", { "x-amz-target": "Other.Echo" }), "400 UnknownOperationException");
  assert.equal(await json("{}", { "x-amz-target": "Sample.constructor" }), "400 UnknownOperationException");
  assert.equal((await send(url, { service: "json", body: "{}" })).status, 400);
  assert.match((await send(url, { service: "s3", method: "GET", path: "/b/%FF" })).text, /<Code>InvalidURI</);
  assert.equal((await send(url, { service: "s3", method: "PATCH", path: "/b/k" })).status, 405);
  assert.equal((await send(url, { service: "s3", method: "GET", path: `/b/${"k".repeat(17_000)}` })).status, 414);
  assert.equal((await send(url, { service: "rest-json", path: "/unheard" })).status, 404);
});

test("bytes that are no UTF-8 are refused", async (t) => {
  const { url } = await openDoor(t, { services: everyProtocol() });
  const bytes = new Uint8Array([...Buffer.from('{"Text":"'), 0xff, ...Buffer.from('"}')]);

  const { status, text } = await send(url, { service: "json", headers: target, body: bytes });

  assert.equal(status, 400);
  assert.match(text, /SerializationException.*not UTF-8/);
});

test("a connection is kept between calls, for longer than a poll is held", async (t) => {
  const { url, server } = await openDoor(t, { services: everyProtocol() });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const ports = new Set<number | undefined>();
  const call = (secretAccessKey?: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const outgoing = {
        service: "json",
        headers: target,
        body: '{"Text":"a"}',
        secretAccessKey,
      };
      const sent = request(url, { method: "POST", agent, headers: signed(url, outgoing) }, (response) => {
        ports.add(response.socket.localPort);
        response.resume().on("end", () => resolve(response.statusCode));
      });
      sent.on("error", reject);
      sent.end('{"Text":"a"}');
    });

  assert.deepEqual([await call(), await call("wrong"), await call()], [200, 400, 200]);

  assert.equal(ports.size, 1);
  assert(server.keepAliveTimeout > 60_000);
});

test("a client that asks before it sends is spared the sending when it is refused", async (t) => {
  const { url, port } = await openDoor(t, { services: everyProtocol() });
  const put = { service: "s3", method: "PUT", path: "/b/k", body: "hello" };
  const head = (headers: Record<string, string>) =>
    `PUT /b/k HTTP/1.1\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\r\n")}\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n`;

  const refused = await talk(port, head(signed(url, { ...put, secretAccessKey: "wrong" })));
  const asked = await talk(port, head(signed(url, put)), (answer) => answer.includes("100 Continue"));
  const sent = await talk(port, `${head(signed(url, put))}hello`, (answer) => /etag/i.test(answer));

  assert.match(refused, /^HTTP\/1\.1 403 Forbidden\r\n[^]*SignatureDoesNotMatch/);
  assert.match(asked, /^HTTP\/1\.1 100 Continue/);
  assert.match(sent.toLowerCase(), /etag: b\/k\/5/);
});

test("an upload that is refused before it was read gets its answer, and so does the next request", async (t) => {
  const { url } = await openDoor(t, { services: everyProtocol() });
  const put = { service: "s3", method: "PUT", body: "x".repeat(20_000_000) };

  assert.equal((await send(url, { ...put, path: "/b/k", secretAccessKey: "wrong" })).status, 403);
  assert.match((await send(url, { ...put, path: "/absent/k" })).text, /NoSuchBucket/);
  assert.equal((await send(url, { ...put, path: "/b/k" })).headers.get("etag"), "b/k/20000000");
});

test("a body that does not come is given up, and a caller that goes away breaks nothing", async (t) => {
  const { url, port } = await openDoor(t, { services: everyProtocol(), bodyMilliseconds: 200 });
  const raw = (start: string, outgoing: Parameters<typeof signed>[1]) =>
    `${start} HTTP/1.1\r\n${Object.entries(signed(url, outgoing))
      .map(([name, value]) => `${name}: ${value}`)
      .join("\r\n")}\r\ncontent-length: 100\r\n\r\nhalf`;
  const put = raw("PUT /b/k", { service: "s3", method: "PUT", path: "/b/k" });

  const slowUpload = await talk(port, put);
  const slowCall = await talk(port, raw("POST /", { service: "json", headers: target }));
  await Promise.all(Array.from({ length: 20 }, () => talk(port, put.replace("/b/k", "/absent/k"), () => true)));

  assert.match(slowUpload, /<Code>RequestTimeout</);
  assert.match(slowCall, /RequestTimeout/);
  assert.equal((await send(url, { service: "json", headers: target, body: "{}" })).status, 200);
});

test("what is no HTTP is answered as such", async (t) => {
  const { port } = await openDoor(t, { services: everyProtocol() });

  assert.match(await talk(port, "hello\r\n\r\n"), /^HTTP\/1\.1 400 Bad Request/);
  assert.match(
    await talk(port, `GET / HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(40_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 [^]*RequestHeaderSectionTooLarge/,
  );
});
