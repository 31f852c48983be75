import { setTimeout as pause } from "node:timers/promises";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentTargetCommand,
} from "@aws-sdk/client-codedeploy";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  InvokeCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { python } from "../../packages/cloud/test/lambda/lambda-fixture.ts";
import { atMost, type Figure } from "./figure.ts";
import { type FunctionFixture, openFunctionFixture } from "./function-fixture.ts";

const calls = 1_000;
/** Concurrent calls. */
const atOnce = 4;
const weight = 0.1;
/** Functions whose traffic shifts at the same time: half of it at once, all of it a minute later. */
const shifting = ["a", "b", "c"];
const shifts = [
  { percent: 50, milliseconds: 0 },
  { percent: 100, milliseconds: 60_000 },
];
/** The interval at which an alias is read, in milliseconds. */
const lookMilliseconds = 20;

/** How near an alias's weight comes to its share of the calls, and how late the shifts of a deployment are. */
export async function functionTraffic(): Promise<readonly Figure[]> {
  const opened = await openFunctionFixture();
  try {
    const role = await opened.role("run", "lambda.amazonaws.com");
    for (const name of ["weighted", ...shifting]) await twoVersions(opened, name, role);
    const share = await shareOfCalls(opened);
    const late = await lateness(opened);
    return [
      atMost(`share of ${calls} calls at a weight of ${weight}: ${share}, off by`, Math.abs(share - weight), 0.03, ""),
      atMost(
        `${late.length} shifts, the latest after its moment by so much of the minute between them`,
        Math.max(...late) / 60,
        1 / 60,
        "x",
      ),
    ];
  } finally {
    await opened.close();
  }
}

async function twoVersions({ lambda }: FunctionFixture, FunctionName: string, Role: string): Promise<void> {
  const code = (version: number) => python(`def handler(event, context):\n    return ${version}\n`);
  const runtime = { Runtime: "python3.12", Handler: "main.handler" } as const;
  await lambda.send(new CreateFunctionCommand({ FunctionName, Role, ...runtime, Code: { ZipFile: code(1) } }));
  await lambda.send(new PublishVersionCommand({ FunctionName }));
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: code(2), Publish: true }));
  await lambda.send(
    new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1", ...weights(FunctionName) }),
  );
}

const weights = (name: string) =>
  name === "weighted" ? { RoutingConfig: { AdditionalVersionWeights: { "2": weight } } } : {};

async function shareOfCalls({ lambda }: FunctionFixture): Promise<number> {
  const command = () => lambda.send(new InvokeCommand({ FunctionName: "weighted", Qualifier: "live" }));
  let hits = 0;
  for (let done = 0; done < calls; done += atOnce) {
    const answers = await Promise.all(Array.from({ length: atOnce }, command));
    hits += answers.filter(({ ExecutedVersion }) => ExecutedVersion === "2").length;
  }
  return hits / calls;
}

/** Seconds from the moment at which each shift was due to the one at which its alias was seen to have shifted. */
async function lateness(opened: FunctionFixture): Promise<readonly number[]> {
  const deploy = new CodeDeployClient(opened.client);
  const serviceRoleArn = await opened.role("deploy", "codedeploy.amazonaws.com");
  const applicationName = "app";
  await deploy.send(new CreateApplicationCommand({ applicationName, computePlatform: "Lambda" }));
  const timeBasedLinear = { linearPercentage: 50, linearInterval: 1 };
  const deploymentConfigName = "halves";
  await deploy.send(
    new CreateDeploymentConfigCommand({
      deploymentConfigName,
      computePlatform: "Lambda",
      trafficRoutingConfig: { type: "TimeBasedLinear", timeBasedLinear },
    }),
  );
  const style = { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" } as const;
  const late = shifting.map(async (name) => {
    const group = { applicationName, deploymentGroupName: name };
    await deploy.send(
      new CreateDeploymentGroupCommand({ ...group, serviceRoleArn, deploymentConfigName, deploymentStyle: style }),
    );
    const revision = { revisionType: "AppSpecContent", appSpecContent: { content: appSpec(name) } } as const;
    const { deploymentId } = await deploy.send(new CreateDeploymentCommand({ ...group, revision }));
    const seen: number[] = [];
    for (const { percent } of shifts) seen.push(await shiftedAt(opened, name, percent));
    const begun = await trafficBegan(deploy, { deploymentId, targetId: name });
    return shifts.map(({ milliseconds }, index) => ((seen[index] ?? 0) - begun - milliseconds) / 1000);
  });
  const all = (await Promise.all(late)).flat();
  deploy.destroy();
  return all;
}

/** Waits until an alias sends `percent` of its traffic to version 2; returns the time. */
async function shiftedAt({ lambda }: FunctionFixture, FunctionName: string, percent: number): Promise<number> {
  for (;;) {
    const alias = await lambda.send(new GetAliasCommand({ FunctionName, Name: "live" }));
    const share = alias.RoutingConfig?.AdditionalVersionWeights?.["2"] ?? (alias.FunctionVersion === "2" ? 1 : 0);
    if (Math.round(share * 100) >= percent) return Date.now();
    await pause(lookMilliseconds);
  }
}

/** When the event that moves the traffic began. */
async function trafficBegan(
  deploy: CodeDeployClient,
  target: { readonly deploymentId: string | undefined; readonly targetId: string },
): Promise<number> {
  const { deploymentTarget } = await deploy.send(new GetDeploymentTargetCommand(target));
  const events = deploymentTarget?.lambdaTarget?.lifecycleEvents ?? [];
  const event = events.find(({ lifecycleEventName }) => lifecycleEventName === "AllowTraffic");
  return event?.startTime?.getTime() ?? Number.NaN;
}

const appSpec = (name: string) =>
  JSON.stringify({
    version: 0.0,
    Resources: [
      {
        Function: {
          Type: "AWS::Lambda::Function",
          Properties: { Name: name, Alias: "live", CurrentVersion: "1", TargetVersion: "2" },
        },
      },
    ],
  });
