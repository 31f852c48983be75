// Every parser of untrusted input takes time linear in its length, even for input that was made to be slow. Each one gets the
// worst known input of its kind, and four times as much of it: a linear one takes four times as long, a quadratic one
// sixteen times.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCompleteResponse } from "../packages/agent/src/protocol/complete-response.ts";
import { readAuthorization } from "../packages/aws-protocol/src/signature/authorization.ts";
import { bucketOfHost } from "../packages/aws-protocol/src/front-door/choose-service.ts";
import { decodeJson } from "../packages/aws-protocol/src/codec/json.ts";
import { serviceModel } from "../packages/aws-protocol/src/service/model.ts";
import { evaluate, parsePolicy } from "../packages/aws-protocol/src/policy/index.ts";
import { parseForm } from "../packages/aws-protocol/src/codec/query.ts";
import { createRouter } from "../packages/aws-protocol/src/codec/rest.ts";
import { canonicalRequest } from "../packages/aws-protocol/src/signature/signature-v4.ts";
import { parseTimestamp } from "../packages/aws-protocol/src/codec/timestamp.ts";
import { readCompleteRequest } from "../packages/aws-protocol/src/front-door/complete-request.ts";
import { fits, readPattern } from "../packages/aws-protocol/src/wildcards.ts";
import { parseXml } from "../packages/aws-protocol/src/codec/xml-parser.ts";
import { parseResponseHead } from "../packages/cloud/src/balancer/http/response-head.ts";
import { parseRequestHead } from "../packages/cloud/src/balancer/http/request-head.ts";
import { replyTo } from "../packages/cloud/src/instance/namespaces/netd/names.ts";
import { matching } from "../packages/cloud/src/service/ec2/filters.ts";
import { readName } from "../packages/cloud/src/service/lambda/names.ts";
import { responseOfFunction } from "../packages/cloud/src/service/lambda/invocation/url-event.ts";
import { filterPattern } from "../packages/cloud/src/service/logs/filter-pattern.ts";
import { copySource } from "../packages/cloud/src/service/s3/objects.ts";
import { readRange } from "../packages/cloud/src/service/s3/range.ts";
import { examineAppSpec, parseAppSpec, parseLambdaAppSpec } from "../packages/engine/src/appspec/index.ts";
import { commandNamedBy } from "../packages/server/src/specification/host-command-identifier.ts";
import { matchesTag } from "../packages/server/src/deployment/tag-match.ts";

/** Lengths of the texts: a short one, for parsers of exponential time, and then each four times the one before. */
const lengths = [64, 64 * 1024, 256 * 1024, 1024 * 1024];

/** The highest ratio of the times for texts of which one is four times as long as the other. */
const ratioMax = 10;

/** Shorter times, in milliseconds, are ignored: they depend on memory and chance more than on the text. */
const noTime = 300;

/** Makes a text of about this length, and returns a function that parses it, of which the time is measured. */
type Worst = (length: number) => () => unknown;

const repeated = (text: string, length: number) => text.repeat(Math.ceil(length / text.length));
/** A parser with the worst text for it: a beginning, a repeated part, and an end. */
const of =
  (read: (text: string) => unknown, part: string, { start = "", end = "" } = {}): Worst =>
  (length) => {
    const text = start + repeated(part, length) + end;
    return () => read(text);
  };
const bytesOf = (read: (bytes: Buffer) => unknown) => (text: string) => read(Buffer.from(text, "latin1"));

const route = createRouter(serviceModel("s3"));
const signs = { hasOneCharacter: true, hasEscapes: true };
const policy = (resource: string) =>
  JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Deny", Action: "s3:*", Resource: resource } });
const judged = (resource: string, text: string) =>
  evaluate([parsePolicy(policy(resource), "identity")], { name: "s3:GetObject", resource: text, context: new Map() });
const authorized = (text: string) =>
  readAuthorization({ authorization: text, "x-amz-date": "x" }, new URLSearchParams());
const canonical = (value: string) =>
  canonicalRequest({
    method: "GET",
    path: value,
    query: new URLSearchParams(`${value}=${value}`),
    headers: { a: value },
    signedHeaders: ["a"],
    payloadHash: "",
    service: "ec2",
  });
const appSpec = (text: string) => parseAppSpec(text, { file: "appspec.yml", os: "linux" });

const readers: Readonly<Record<string, Worst>> = {
  "a host, for its bucket": of(bucketOfHost, "-a", { start: "a.s3", end: "!" }),
  "a host that ends well": of(bucketOfHost, ".s3-", { start: "a", end: ".amazonaws.com" }),
  "an authorization": of(authorized, " ", { start: "AWS4-HMAC-SHA256 ", end: "a".repeat(64) }),
  "an authorization of many headers": of(authorized, "a;", {
    start: "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request,SignedHeaders=",
    end: `,Signature=${"a".repeat(64)}`,
  }),
  "what is signed": of(canonical, " a/../%20"),
  "a request in one piece": of(bytesOf(readCompleteRequest), "a: \t \t\r\n", {
    start: "POST / HTTP/1.1\r\n",
    end: "\r\n",
  }),
  "a path": of((path) => route({ method: "PUT", path, query: new URLSearchParams(), headers: {} }), "/a"),
  "a form": of((text) => attempt(() => parseForm(text)), "a.b.c=%20&"),
  "a form of one long name": of((text) => attempt(() => parseForm(text)), "."),
  "a time": of((text) => attempt(() => parseTimestamp(text, "a")), "1"),
  "JSON that nests": of((text) => attempt(() => decodeJson({ kind: "document", name: "a" }, text)), '{"a":['),
  "XML of attributes": of((text) => attempt(() => parseXml(text, 64)), ' a = "b"', { start: "<a", end: "!" }),
  "XML that is not closed": of((text) => attempt(() => parseXml(text, 64)), "<!-- ", { start: "<a>" }),
  "XML of blanks": of((text) => attempt(() => parseXml(text, 64)), " ", { start: "<a", end: "!" }),
  "XML of entities": of((text) => attempt(() => parseXml(text, 64)), "&amp;", { start: "<a>" }),
  "a text with stars": of((text) => fits(text, readPattern("*a*a*a*a*a*b", signs)), "a"),
  "a text with a long part": of((text) => fits(text, readPattern(`*${"a".repeat(1_000)}b*`, signs)), "a"),
  "a text with holes": of((text) => fits(text, readPattern(`*${"a?".repeat(100)}b*`, signs)), "a"),
  "a pattern of stars": of((pattern) => fits("a".repeat(100), readPattern(pattern, signs)), "*a"),
  "a pattern as long as its text": of((text) => fits(text, readPattern(`*${text}b*`, signs)), "a"),
  "a policy's resource": of((text) => judged("arn:aws:s3:::*a*a*a*b", text), "a"),
  "a policy of variables": of((text) => judged(`arn:${text}`, "a"), "${"),
  "a policy's document": of((text) => attempt(() => parsePolicy(text, "identity")), "[", { start: '{"Statement":' }),
  "a filter of EC2": of(
    (text) =>
      matching([text], [{ Name: "a", Values: ["*a*a*a*a*a*a*a*b", "\\*a?".repeat(100)] }], {
        fields: { a: (one) => [one] },
      }),
    "a",
  ),
  "a tag": of((Value) => matchesTag({ Key: "a", Value: "*a*a*a*b" }, [{ Key: "a", Value }]), "a"),
  "an AppSpec of aliases": of(appSpec, "- &a x\n- *a\n"),
  "an AppSpec of lists": of(appSpec, "a,", { start: "files: [" }),
  "an AppSpec of depth": of(appSpec, "["),
  "an AppSpec of blanks": of(appSpec, " \n"),
  "an AppSpec of one text": of(appSpec, "a "),
  "an AppSpec for a function": of((text) => parseLambdaAppSpec(text, { file: "a" }), "a: b\n"),
  "an AppSpec for whatever it is": of((text) => examineAppSpec(text, { file: "a" }), "\n\n'"),
  "an identifier": of(commandNamedBy, Buffer.from(`["${"/".repeat(99)}`).toString("base64")),
  "a request to a load balancer": of((text) => attempt(() => parseRequestHead(text)), "a: \t \t\r\n", {
    start: "GET / HTTP/1.1\r\n",
  }),
  "an answer to a load balancer": of((text) => attempt(() => parseResponseHead(text, "GET")), "a: \t \t\r\n", {
    start: "HTTP/1.1 200 OK\r\n",
  }),
  "an answer to an agent": of((text) => attempt(() => readCompleteResponse(Buffer.from(text), true)), "\t \t", {
    start: "HTTP/1.1 200 OK\r\na:",
    end: "!\r\n\r\n",
  }),
  "a question for a name": of(bytesOf(replyTo), "\x01a", { start: "\0\x01\x01\0\0\x01\0\0\0\0\0\0" }),
  "a function's name": of((text) => attempt(() => readName(text)), "function:"),
  "a function's answer": of((text) => responseOfFunction(Buffer.from(text)), "[", { start: '{"headers":' }),
  "a log filter": of((text) => attempt(() => filterPattern(text)), '"\\"'),
  "a source to copy": of((text) => attempt(() => copySource(text)), "/%2F"),
  "a range": of((text) => attempt(() => readRange(text, 10)), "1", { start: "bytes=" }),
};

/** Ignores errors: a parser that refuses a text has read it, too. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    assert(error instanceof Error);
    return undefined;
  }
}

/** Returns the processor time that a function takes on this thread, in milliseconds. */
function timeOf(read: () => unknown): number {
  const before = process.threadCpuUsage();
  read();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Returns what is wrong with a parser's time; undefined when it is linear. */
function slowness(worst: Worst): string | undefined {
  let before = 0;
  for (const length of lengths) {
    const once = timeOf(worst(length));
    // A slow result may be by chance, so it is measured up to three times.
    const time = once < noTime ? once : Math.min(once, timeOf(worst(length)), timeOf(worst(length)));
    if (time > noTime && time > ratioMax * before) return `${Math.round(time)} ms for ${length} characters`;
    before = time;
  }
  return undefined;
}

test("four times as much of the worst takes no more than some four times as long", () => {
  const slow = Object.entries(readers).flatMap(([name, worst]) => {
    const found = slowness(worst);
    return found === undefined ? [] : [`${name}: ${found}`];
  });

  assert.deepEqual(slow, []);
});
