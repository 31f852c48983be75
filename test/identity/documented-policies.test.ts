// docs/guides/against-aws.md lists what the roles of deployment groups need: it must be what the gateways call.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";

/** The prefix of a service's actions in IAM, by its table of shapes. */
const prefixes: Readonly<Record<string, string>> = {
  "application-auto-scaling": "application-autoscaling",
  "auto-scaling": "autoscaling",
  "classic-load-balancing": "elasticloadbalancing",
  "load-balancing": "elasticloadbalancing",
  cloudwatch: "cloudwatch",
  ec2: "ec2",
  ecs: "ecs",
  lambda: "lambda",
  logs: "logs",
  s3: "s3",
  sns: "sns",
  sts: "sts",
};

/** Actions that are not called as an operation of their name. */
const otherNames: Readonly<Record<string, string>> = { "lambda:Invoke": "lambda:InvokeFunction" };

/** What AWS asks of a caller besides the action itself: for objects' versions, and for the roles and instances of a group that is created. */
const implied = new Set(["s3:GetObjectVersion", "iam:PassRole", "ec2:RunInstances", "ec2:CreateTags"]);

/** The actions of each operation's name: some services share one. */
function actionsByOperation(): ReadonlyMap<string, readonly string[]> {
  const actions = Object.entries(prefixes).flatMap(([table, prefix]) => {
    const text = readFileSync(`packages/aws-protocol/src/tables/${table}.json`, "utf8");
    const { operations } = JSON.parse(text) as { readonly operations: Readonly<Record<string, unknown>> }; // written by `npm run generate`
    return Object.keys(operations).map((operation) => {
      const action = `${prefix}:${operation}`;
      return { operation, action: otherNames[action] ?? action };
    });
  });
  return new Map(
    [...Map.groupBy(actions, ({ operation }) => operation)].map(([name, all]) => [
      name,
      all.map(({ action }) => action),
    ]),
  );
}

/** Every operation that a gateway calls, with the file that does. */
function calls(): ReadonlyMap<string, string> {
  const known = actionsByOperation();
  const found = globSync("packages/server/src/gateways/**/*.ts")
    .filter((path) => !path.endsWith(".test.ts"))
    .flatMap((path) =>
      [...readFileSync(path, "utf8").matchAll(/\.(?:paginate([A-Z]\w+)|([a-z]\w+))\(/g)].map(
        ([, paged, method = ""]) =>
          [paged ?? `${method.charAt(0).toUpperCase()}${method.slice(1)}`, basename(path)] as const,
      ),
    );
  return new Map(found.filter(([operation]) => known.has(operation)));
}

const documented = new Set(
  [...readFileSync("docs/guides/against-aws.md", "utf8").matchAll(/^```json\n([^]*?)^```/gm)].flatMap(([, json = ""]) =>
    [...json.matchAll(/"([a-z0-9-]+:[A-Z]\w+)"/g)].map(([, action = ""]) => action),
  ),
);

test("every call that a gateway makes is in the policies of the guide", () => {
  const known = actionsByOperation();
  const made = calls();

  assert(made.size > 45, `${made.size} calls were found`);
  for (const [operation, file] of made)
    assert(
      known.get(operation)?.some((action) => documented.has(action)),
      `${file} calls ${operation}, and no policy of docs/guides/against-aws.md allows it`,
    );
});

test("the policies of the guide allow nothing that no gateway calls", () => {
  const known = actionsByOperation();
  const called = new Set([...calls().keys()].flatMap((operation) => known.get(operation) ?? []));

  assert.deepEqual(
    [...documented].filter((action) => !called.has(action) && !implied.has(action)),
    [],
  );
});
