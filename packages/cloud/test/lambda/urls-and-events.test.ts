import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  GetPolicyCommand,
  InvokeCommand,
  PublishVersionCommand,
  PutFunctionEventInvokeConfigCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { DescribeLogStreamsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { eventually } from "../../../../test/support/eventually.ts";
import { LambdaFixture, node, request, role } from "./lambda-fixture.ts";

const base = { FunctionName: "f", Role: role, Runtime: "nodejs22.x", Handler: "index.handler" } as const;

async function create({ lambda }: LambdaFixture, code: string): Promise<void> {
  await lambda.send(new CreateFunctionCommand({ ...base, Code: { ZipFile: node(code) } }));
}

test("a function's URL follows its newest code, an alias's URL the alias", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda } = fixture;
  const says = (text: string) => `export const handler = () => ${JSON.stringify(text)};`;
  await create(fixture, says("one"));
  await lambda.send(new PublishVersionCommand({ FunctionName: "f" }));
  await lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));
  const place = { FunctionName: "f", AuthType: "NONE" } as const;
  const own = await lambda.send(new CreateFunctionUrlConfigCommand(place));
  const alias = await lambda.send(new CreateFunctionUrlConfigCommand({ ...place, Qualifier: "live" }));
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile: node(says("two")) }));

  const answers = [await request(own.FunctionUrl ?? ""), await request(alias.FunctionUrl ?? "")];

  assert.deepEqual(
    answers.map(({ body, headers }) => [body.toString(), headers["x-amz-executed-version"]]),
    [
      ["two", "$LATEST"],
      ["one", "1"],
    ],
  );
});

test("a function URL turns a request into an event, and the answer into a response", async (t) => {
  const fixture = await LambdaFixture.open(t);
  await create(
    fixture,
    `export const handler = (event) => event.rawPath === "/throw" ? Promise.reject(new Error("no")) : ({ statusCode: 201, headers: { "x-a": "b\\r\\nx-c: d" },
      cookies: ["k=v"], body: JSON.stringify([event.requestContext.http.method, event.queryStringParameters, event.body, event.cookies]) });`,
  );
  const { FunctionUrl = "" } = await fixture.lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName: "f", AuthType: "NONE" }),
  );

  const sent = { method: "POST", headers: { cookie: "a=b; c=d", authorization: "Bearer x" }, body: "hi" };
  const answer = await request(`${FunctionUrl}path?q=1&q=2`, sent);
  const failed = await request(`${FunctionUrl}throw`);

  assert.equal(answer.status, 201);
  assert.deepEqual(JSON.parse(answer.body.toString()), ["POST", { q: "1,2" }, "hi", ["a=b", "c=d"]]);
  assert.deepEqual([answer.headers["set-cookie"], answer.headers["x-c"]], [["k=v"], undefined]);
  assert.deepEqual([failed.status, failed.body.toString()], [502, '{"Message":"Internal Server Error"}']);
});

test("a function URL with AWS_IAM wants a signature", async (t) => {
  const fixture = await LambdaFixture.open(t);
  await create(fixture, "export const handler = () => 1;");
  const { FunctionUrl = "" } = await fixture.lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName: "f", AuthType: "AWS_IAM" }),
  );

  const unsigned = await request(FunctionUrl);
  const forged = await request(FunctionUrl, {
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=AKIATESTTESTTESTTEST/20260101/eu-west-1/lambda/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
      "x-amz-date": new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ""),
    },
  });

  assert.equal(unsigned.status, 403);
  assert.equal(forged.status, 403);
});

test("an asynchronous event that fails is tried again, then kept and told", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda } = fixture;
  await create(fixture, `export const handler = () => { throw new Error("never"); };`);
  await lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "f", MaximumRetryAttempts: 1 }));

  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: "f", InvocationType: "Event", Payload: '{"a":1}' }),
  );
  await eventually("did it fail once?", async () => ((await starts(fixture)) === 1 ? true : undefined));
  fixture.ahead = 61_000;
  await fixture.close();
  await fixture.open(); // what waits is taken up again
  const note = await eventually("was it given up?", async () =>
    fixture.notes.find((line) => line.includes("failed for good")),
  );

  assert.equal(answer.StatusCode, 202);
  assert.match(note, /RetriesExhausted.*2 attempts.*never/);
  assert.equal(await starts(fixture), 2);
});

async function starts({ logs }: LambdaFixture): Promise<number> {
  const group = { logGroupName: "/aws/lambda/f" };
  const streams = await logs.send(new DescribeLogStreamsCommand(group)).catch(() => undefined); // no call, no group
  if (streams === undefined) return 0;
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({ ...group, filterPattern: '"REPORT RequestId"' }),
  );
  return events.length;
}

test("an asynchronous event is on the disk before it is answered", async (t) => {
  const fixture = await LambdaFixture.open(t);
  await create(fixture, `export const handler = async () => { await new Promise((done) => setTimeout(done, 500)); };`);

  await fixture.lambda.send(new InvokeCommand({ FunctionName: "f", InvocationType: "Event", Payload: "{}" }));
  await fixture.close(); // ends it in the middle
  await fixture.open();

  await eventually("did it run to its end?", async () => ((await starts(fixture)) >= 1 ? true : undefined));
});

test("logs are read by stream, by time and by pattern", async (t) => {
  const fixture = await LambdaFixture.open(t);
  const { lambda, logs } = fixture;
  await create(fixture, `export const handler = ({ say }) => { console.log(say); };`);
  for (const say of ["apple", "pear", "apple pie"])
    await lambda.send(new InvokeCommand({ FunctionName: "f", Payload: JSON.stringify({ say }) }));
  const group = { logGroupName: "/aws/lambda/f" };

  const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ ...group, orderBy: "LastEventTime" }));
  const find = async (filterPattern: string) =>
    (await logs.send(new FilterLogEventsCommand({ ...group, filterPattern }))).events?.length;
  const paged = [];
  for (let nextToken: string | undefined, more = true; more; more = nextToken !== undefined) {
    const page = await logs.send(new FilterLogEventsCommand({ ...group, limit: 4, nextToken }));
    paged.push(...(page.events ?? []).map(({ eventId }) => eventId));
    nextToken = page.nextToken;
  }

  assert.equal(logStreams.length, 1);
  assert.deepEqual(
    [await find("apple"), await find("apple -pie"), await find("?pear ?pie"), await find("plum")],
    [2, 1, 2, 0],
  );
  assert.equal(paged.length, 13);
  assert.equal(new Set(paged).size, 13);
  await assert.rejects(find("{ $.level = 1 }"), /terms are/);
});

test("a resource policy is kept as it was granted", async (t) => {
  const fixture = await LambdaFixture.open(t);
  await create(fixture, "export const handler = () => 1;");
  const grant = { FunctionName: "f", StatementId: "url", Action: "lambda:InvokeFunctionUrl", Principal: "*" };

  await fixture.lambda.send(new AddPermissionCommand({ ...grant, FunctionUrlAuthType: "NONE" }));
  const { Policy = "" } = await fixture.lambda.send(new GetPolicyCommand({ FunctionName: "f" }));

  const { Statement } = JSON.parse(Policy) as { Statement: { Sid: string; Condition: unknown }[] };
  assert.deepEqual(Statement[0]?.Condition, { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } });
  await assert.rejects(fixture.lambda.send(new AddPermissionCommand(grant)), { name: "ResourceConflictException" });
});
