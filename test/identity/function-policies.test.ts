import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  InvokeCommand,
  LambdaClient,
  RemovePermissionCommand,
} from "@aws-sdk/client-lambda";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { node, request } from "../../packages/cloud/test/lambda/house.ts";
import { accountId, type Credentials, openHouse, region } from "./open-house.ts";
import { newRole, newUser } from "./principals.ts";

test("a function's own policy lets somebody call it, and its URL, who has no policy of their own", async (t) => {
  const house = await openHouse(t, { agentBundle: resolve(import.meta.dirname, "../fixtures/idle-agent.js") });
  const lambda = new LambdaClient(house.as());
  t.after(() => lambda.destroy());
  const Role = await newRole(house, "run", { Service: "lambda.amazonaws.com" });
  const place = { FunctionName: "f" };
  const Code = { ZipFile: node("export const handler = () => 1;") };
  await lambda.send(
    new CreateFunctionCommand({ ...place, Role, Runtime: "nodejs22.x", Handler: "index.handler", Code }),
  );
  const { FunctionUrl = "" } = await lambda.send(new CreateFunctionUrlConfigCommand({ ...place, AuthType: "AWS_IAM" }));
  const anything = { Action: "lambda:*", Resource: "*" };
  const guest = await newUser(house, "guest");
  const member = await newUser(house, "member", { Effect: "Allow", ...anything });
  const outcast = await newUser(house, "outcast", { Effect: "Deny", ...anything });
  const grant = (user: string, Action: string, more: object = {}) =>
    lambda.send(
      new AddPermissionCommand({
        ...{ ...place, Action, StatementId: `${user}-${Action.replace(":", "-")}` },
        ...{ Principal: `arn:aws:iam::${accountId}:user/${user}`, ...more },
      }),
    );
  const call = async (credentials: Credentials) => {
    const client = new LambdaClient(house.as(credentials));
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
    for (const one of [guest, member, outcast]) outcomes.push(await call(one), await visit(one));
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
