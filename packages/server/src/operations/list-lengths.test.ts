import assert from "node:assert/strict";
import { test } from "node:test";
import { anonymous, serviceModel } from "@sluice/aws-protocol";
import type { Context } from "./context.ts";
import { codedeployService } from "./index.ts";

/** Items that each batch read takes, and the member that lists them. */
const batches: Readonly<Record<string, readonly [string, number]>> = {
  BatchGetApplicationRevisions: ["revisions", 25],
  BatchGetApplications: ["applicationNames", 100],
  BatchGetDeploymentGroups: ["deploymentGroupNames", 100],
  BatchGetDeploymentInstances: ["instanceIds", 25],
  BatchGetDeploymentTargets: ["targetIds", 25],
  BatchGetDeployments: ["deploymentIds", 100],
  BatchGetOnPremisesInstances: ["instanceNames", 100],
};

test("batch reads of more than they take are refused before anybody judges a single item", async () => {
  const judged: string[] = [];
  const service = codedeployService(
    {} as Context, // nobody comes as far as an operation
    (operation) => {
      judged.push(operation);
      return [{ resource: "*" }];
    },
    (error) => assert.fail(String(error)),
  );
  const ask = (operation: string, member: string, count: number) => {
    const items = Array.from({ length: count }, () => (member === "revisions" ? { revisionType: "S3" } : "a"));
    return service.serve({
      method: "POST",
      path: "/",
      query: new URLSearchParams(),
      headers: { "x-amz-target": `CodeDeploy_20141006.${operation}` },
      body: { bytes: async () => Buffer.from(JSON.stringify({ [member]: items })), stream: assert.fail },
      call: {
        requestId: "r",
        region: "us-east-1",
        principal: anonymous,
        accessKeyId: "",
        receivedAt: 0,
        sourceIp: undefined,
        signal: new AbortController().signal,
        endpoint: "http://127.0.0.1",
      },
    });
  };
  const found = [...serviceModel("codedeploy").operations.keys()].filter((name) => name.startsWith("BatchGet"));
  assert.deepEqual(found.toSorted(), Object.keys(batches));

  for (const [operation, [member, most]] of Object.entries(batches)) {
    const refused = await ask(operation, member, most + 1);
    assert.match(refused.fault ?? "", /^(BatchLimit|DeploymentTargetListSize)Exceeded/, operation);
    assert.deepEqual(judged.splice(0), []);
    const denied = await ask(operation, member, most);
    assert.match(denied.fault ?? "", /^AccessDenied/, operation);
    assert.deepEqual(judged.splice(0), [operation]);
  }
});
