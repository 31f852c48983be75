import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  InvokeCommand,
  LambdaClient,
  RemovePermissionCommand,
} from "@aws-sdk/client-lambda";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { node, request } from "../../packages/cloud/test/lambda/lambda-fixture.ts";
import { call } from "./call.ts";
import { accountId, type Credentials, openServerFixture, region } from "../support/server-fixture.ts";
import { newRole, newUser } from "./principals.ts";

test("a function's own policy lets somebody call it, and its URL, who has no policy of their own", async (t) => {
  const sluice = await openServerFixture(t, { agentBundle: resolve(import.meta.dirname, "../fixtures/idle-agent.js") });
  const lambda = new LambdaClient(sluice.as());
  t.after(() => lambda.destroy());
  const Role = await newRole(sluice, "run", { Service: "lambda.amazonaws.com" });
  const place = { FunctionName: "f" };
  const Code = { ZipFile: node("export const handler = () => 1;") };
  await lambda.send(
    new CreateFunctionCommand({ ...place, Role, Runtime: "nodejs22.x", Handler: "index.handler", Code }),
  );
  const { FunctionUrl = "" } = await lambda.send(new CreateFunctionUrlConfigCommand({ ...place, AuthType: "AWS_IAM" }));
  const anything = { Action: "lambda:*", Resource: "*" };
  const guest = await newUser(sluice, "guest");
  const member = await newUser(sluice, "member", { Effect: "Allow", ...anything });
  const outcast = await newUser(sluice, "outcast", { Effect: "Deny", ...anything });
  const grant = (user: string, Action: string, more: object = {}) =>
    lambda.send(
      new AddPermissionCommand({
        ...place,
        Action,
        StatementId: `${user}-${Action.replace(":", "-")}`,
        Principal: `arn:aws:iam::${accountId}:user/${user}`,
        ...more,
      }),
    );
  const invoke = async (credentials: Credentials) => {
    const client = new LambdaClient(sluice.as(credentials));
    const answer = await client.send(new InvokeCommand(place)).catch(({ name }: Error) => ({ StatusCode: name }));
    client.destroy();
    return answer.StatusCode;
  };
  const visit = async (credentials: Credentials) => {
    const url = new URL(FunctionUrl);
    const signed = { method: "GET", url, headers: {}, body: "", credentials, region, service: "lambda" };
    return (await request(FunctionUrl, { headers: signHeaders(signed) })).status;
  };
  const everybody = async () => {
    const outcomes: unknown[] = [];
    for (const one of [guest, member, outcast]) outcomes.push(await invoke(one), await visit(one));
    return outcomes;
  };

  const before = await everybody();
  for (const user of ["guest", "outcast"]) {
    await grant(user, "lambda:InvokeFunction");
    await grant(user, "lambda:InvokeFunctionUrl", { FunctionUrlAuthType: "AWS_IAM" });
  }
  const granted = await everybody();
  const taken = { ...place, StatementId: "guest-lambda-InvokeFunctionUrl" };
  await lambda.send(new RemovePermissionCommand(taken));
  await grant("guest", "lambda:InvokeFunctionUrl", { FunctionUrlAuthType: "NONE" });
  const otherwise = await visit(guest);

  const no = "AccessDeniedException";
  assert.deepEqual(before, [no, 403, 200, 200, no, 403]);
  assert.deepEqual(granted, [200, 200, 200, 200, no, 403]);
  assert.equal(otherwise, 403, "it is granted for another way of asking");
});

test("a function's policy is for whom it named, and not for whoever gets the name later", async (t) => {
  const sluice = await openServerFixture(t, { agentBundle: resolve(import.meta.dirname, "../fixtures/idle-agent.js") });
  const rule = (operation: string, input: object) =>
    call(sluice, sluice.administrator, ["iam", operation], { ...input });
  const lambda = new LambdaClient(sluice.as());
  t.after(() => lambda.destroy());
  const Role = await newRole(sluice, "run", { Service: "lambda.amazonaws.com" });
  const Code = { ZipFile: node("export const handler = () => 1;") };
  const made = { FunctionName: "f", Role, Runtime: "nodejs22.x", Handler: "index.handler", Code } as const;
  await lambda.send(new CreateFunctionCommand({ ...made, Publish: true }));
  await lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "1" }));
  const grant = (Principal: string, StatementId: string) =>
    lambda
      .send(new AddPermissionCommand({ FunctionName: "f", StatementId, Action: "lambda:InvokeFunction", Principal }))
      .then(({ Statement = "" }) => Statement)
      .catch(({ name }: Error) => name);
  const invoke = async (credentials: Credentials, Qualifier?: string) => {
    const client = new LambdaClient(sluice.as(credentials));
    const input = { FunctionName: "f", InvocationType: "DryRun" as const, Qualifier };
    const answer = await client.send(new InvokeCommand(input)).catch(({ name }: Error) => ({ StatusCode: name }));
    client.destroy();
    return answer.StatusCode;
  };
  const no = "AccessDeniedException";

  const ann = await newUser(sluice, "ann");
  const statement = await grant(`arn:aws:iam::${accountId}:user/ann`, "ann");
  assert.doesNotMatch(statement, /principalId/);
  assert.equal(await invoke(ann), 204);
  await rule("DeleteAccessKey", { UserName: "ann", AccessKeyId: ann.accessKeyId });
  await rule("DeleteUser", { UserName: "ann" });
  assert.equal(await invoke(await newUser(sluice, "ann")), no);
  assert.equal(await grant(`arn:aws:iam::${accountId}:user/nobody`, "nobody"), "InvalidParameterValueException");
  assert.equal(await grant(`arn:aws:iam::${accountId}:role/x/run`, "path"), "InvalidParameterValueException");

  const Resource = `arn:aws:lambda:${region}:${accountId}:function:f:1`;
  const everything = { Effect: "Allow", Action: "lambda:*", Resource: "*" };
  const denied = await newUser(sluice, "denied", everything, { Effect: "Deny", Action: "lambda:*", Resource });
  const outcomes = [await invoke(denied), await invoke(denied, "1"), await invoke(denied, "live")];
  assert.deepEqual(outcomes, [204, no, no], "an alias leads to its version");
});
