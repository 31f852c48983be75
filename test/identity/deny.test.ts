import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Call, parsePolicy, permit, type Service } from "@sluice/aws-protocol";
import { startCloud } from "@sluice/cloud";
import { openIdentities } from "@sluice/server";
import { codedeployAccesses } from "../../packages/server/src/access/codedeploy-accesses.ts";
import { codedeployService } from "../../packages/server/src/operations/index.ts";
import { openStore } from "../../packages/server/src/store/index.ts";
import { classicRows, loadBalancingRows } from "./touched/balancing.ts";
import { callOf } from "./touched/ask.ts";
import { autoScalingRows, ec2Rows } from "./touched/compute.ts";
import { applicationAutoScalingRows, ecsRows } from "./touched/containers.ts";
import { codedeployRows } from "./touched/deploying.ts";
import { iamRows, stsRows } from "./touched/identity.ts";
import { cloudWatchRows, logsRows, snsRows, ssmRows } from "./touched/observing.ts";
import type { Row, Rows } from "./touched/row.ts";
import { ecrRows, lambdaRows, s3Rows } from "./touched/storage-and-code.ts";

// One contract for every operation of every service: a Deny on what it touches refuses it, however the request spells that.
// An operation without a row fails the test: its author must say what it touches, or that it touches nothing.

const dataFolder = mkdtempSync(join(tmpdir(), "sluice-deny-"));
const common = { dataFolder, region: "eu-west-1", accountId: "123456789012", clock: () => Date.now() };
const identities = await openIdentities(common);
const cloud = startCloud({
  ...common,
  keys: identities,
  driver: "plain",
  plainInstead: false,
  agentBundle: "/nowhere",
  chaos: { packageLocks: 0 },
});
const store = openStore(dataFolder);
after(async () => {
  await cloud.close();
  store.close();
  identities.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

const services = new Map(cloud.services.map((service) => [service.name, service]));
services.set(
  "codedeploy",
  codedeployService(
    {
      ...common,
      store,
      wake: () => {},
      syncHooks: async () => [],
      endRegistration: async () => {},
      lastSeen: () => undefined,
    },
    codedeployAccesses({ ...common, store }),
    (error) => assert.fail(String(error)),
  ),
);

const rowsOf: Readonly<Record<string, (service: Service) => Rows | Promise<Rows>>> = {
  "application-autoscaling": applicationAutoScalingRows,
  autoscaling: autoScalingRows,
  cloudwatch: cloudWatchRows,
  codedeploy: codedeployRows,
  ec2: ec2Rows,
  ecr: ecrRows,
  ecs: ecsRows,
  elasticloadbalancing: loadBalancingRows,
  "elasticloadbalancing-classic": classicRows,
  iam: iamRows,
  lambda: lambdaRows,
  logs: logsRows,
  s3: s3Rows,
  sns: snsRows,
  ssm: ssmRows,
  sts: stsRows,
};

test("every service that has operations says what they touch", () => {
  const withOperations = [...services.values()].filter(({ operations = [] }) => operations.length > 0);

  // Links from messages are operations of SNS itself.
  const names = withOperations.map(({ name }) => name).filter((name) => name !== "sns-links");

  assert.deepEqual(names.toSorted(), Object.keys(rowsOf).toSorted());
});

for (const name of Object.keys(rowsOf))
  // a contract suite: one for all services
  test(`a Deny on what it touches refuses each operation of ${name}, in every spelling`, async () => {
    const service = services.get(name);
    assert(service !== undefined);

    const rows = await rowsOf[name]?.(service);
    const problems: string[] = [];
    for (const [title, row] of Object.entries(rows ?? {})) problems.push(...(await problemsOf(service, title, row)));

    const said = new Set(Object.keys(rows ?? {}).map((title) => title.split(" ")[0] ?? ""));
    assert.deepEqual([...said].toSorted(), [...(service.operations ?? [])].toSorted());
    assert.deepEqual(problems, []);
  });

/** Returns what is wrong with a row. */
async function problemsOf(service: Service, title: string, row: Row | "nothing"): Promise<readonly string[]> {
  const operation = title.split(" ")[0] ?? "";
  const { inputs, touches, isTagged = false } = row === "nothing" ? { inputs: [{}], touches: [] } : row;
  const problems: string[] = [];
  for (const input of inputs) {
    const about = `${title} ${JSON.stringify(input)}`;
    const judge = async (deny: object) => outcome(service, operation, { input, deny });
    for (const arn of touches)
      if ((await judge({ Resource: arn })) !== "denied") problems.push(`${about}: a Deny on ${arn} does not deny`);
    if (isTagged && (await judge(ifTagged("true"))) !== "denied")
      problems.push(`${about}: a Deny by tag does not deny`);
    if ((await judge({ Resource: "arn:aws:x:::another" })) !== "allowed")
      problems.push(`${about}: a Deny on another thing denies`);
    if ((await judge(ifTagged("another"))) !== "allowed") problems.push(`${about}: a Deny by another tag denies`);
  }
  return problems;
}

const ifTagged = (value: string) => ({
  Resource: "*",
  Condition: { StringEquals: { "aws:ResourceTag/protected": value } },
});

/** Whether a user with all permissions except the denied ones may make a request. */
async function outcome(
  service: Service,
  operation: string,
  { input, deny }: { readonly input: Readonly<Record<string, unknown>>; readonly deny: object },
): Promise<"allowed" | "denied"> {
  const call: Call = callOf({ policies: [{ kind: "identity-based policy", documents: [policy(deny)] }] });
  const accesses = (await service.accesses?.(operation, input, call)) ?? [];
  const asking = { signingName: service.name, protocol: service.protocol, operation, input, call };
  try {
    await permit({}, asking, accesses);
    return "allowed";
  } catch (error) {
    assert.match(String(error), /with an explicit deny/, `${operation} ${JSON.stringify(input)}`);
    return "denied";
  }
}

const policy = (deny: object) =>
  parsePolicy(
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "*", Resource: "*" },
        { Effect: "Deny", Action: "*", ...deny },
      ],
    }),
    "identity",
  );
