import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type LifecycleEvent,
  ListDeploymentTargetsCommand,
} from "@aws-sdk/client-codedeploy";
import { DescribeImagesCommand, DescribeInstancesCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { deploy } from "../../packages/cli/src/commands/deploy.ts";
import { atMostTimes, type Figure, median } from "./figure.ts";
import { type MeasuredSluice, startSluice } from "./measured-sluice.ts";
import { bareRequest, fsync, shell } from "./yardsticks.ts";

const deployments = 9;
/** How often a deployment is asked whether it is over, in milliseconds: asking without a pause would be most of what the server does. */
const askMilliseconds = 50;
const hooks = ["BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"];

/** From a command that is available at the server to its hook running, and the seven events of a host whose hooks do nothing. */
export async function eventLatency(): Promise<readonly Figure[]> {
  const sluice = await startSluice("--no-example");
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const endpoint = { url: sluice.url, region: "us-east-1", credentials: sluice.credentials };
  const client = new CodeDeployClient({ ...endpoint, endpoint: sluice.url });
  try {
    await launch(sluice, client);
    const latencies: number[] = [];
    const totals: number[] = [];
    for (let round = 0; round < deployments; round += 1) {
      writeRevision(folder, round);
      const id = await deploy(client, endpoint, { folder, application: "bench", group: "bench" });
      const events = await eventsOf(client, id);
      totals.push(millisecondsOf(events.at(-1)?.endTime) - millisecondsOf(events[0]?.startTime));
      if (round % 2 === 0) latencies.push(...hookLatencies(events));
    }
    // What a command cannot do without: a request that brings it, a shell that runs it, a disk that knows its outcome.
    const of = [await bareRequest(), await shell(), fsync()];
    return [
      atMostTimes(`command available → hook running, median of ${latencies.length}`, median(latencies), {
        times: 3,
        unit: "ms",
        of,
      }),
      atMostTimes(`seven events, hooks that do nothing, median of ${deployments}`, median(totals), {
        times: 20,
        unit: "ms",
        of,
      }),
    ];
  } finally {
    client.destroy();
    await sluice.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function launch({ url, credentials }: MeasuredSluice, client: CodeDeployClient): Promise<void> {
  const ec2 = new EC2Client({ endpoint: url, region: "us-east-1", credentials });
  const tag = { Key: "Role", Value: "bench" };
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({}));
  const run = { ImageId: Images[0]?.ImageId, MinCount: 1, MaxCount: 1 };
  await ec2.send(new RunInstancesCommand({ ...run, TagSpecifications: [{ ResourceType: "instance", Tags: [tag] }] }));
  for (let state = ""; state !== "running";) {
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
    state = Reservations[0]?.Instances?.[0]?.State?.Name ?? "";
  }
  ec2.destroy();
  await client.send(new CreateApplicationCommand({ applicationName: "bench" }));
  const group = { applicationName: "bench", deploymentGroupName: "bench" };
  const serviceRoleArn = "arn:aws:iam::123456789012:role/bench";
  const ec2TagFilters = [{ ...tag, Type: "KEY_AND_VALUE" as const }];
  await client.send(new CreateDeploymentGroupCommand({ ...group, serviceRoleArn, ec2TagFilters }));
}

/** Even rounds fail at the end, on purpose: only of a failed script does the server keep what it printed, and the scripts print when they begin. */
function writeRevision(folder: string, round: number): void {
  mkdirSync(join(folder, "scripts"), { recursive: true });
  const isTimed = round % 2 === 0;
  const section = hooks.map((event) => `  ${event}:\n    - location: scripts/hook.sh\n`).join("");
  writeFileSync(join(folder, "appspec.yml"), `version: 0.0\nos: linux\nhooks:\n${section}`);
  const log = "/var/tmp/began-$DEPLOYMENT_ID";
  const timed = `#!/bin/sh\ndate +%s%N >> ${log}\n[ $LIFECYCLE_EVENT != ValidateService ] || { cat ${log}; exit 1; }\n`;
  writeFileSync(join(folder, "scripts/hook.sh"), isTimed ? timed : `#!/bin/sh\n# round ${round}\n`, { mode: 0o755 });
}

async function eventsOf(client: CodeDeployClient, deploymentId: string): Promise<readonly LifecycleEvent[]> {
  for (let status = ""; status !== "Succeeded" && status !== "Failed";) {
    await pause(askMilliseconds);
    status = (await client.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo?.status ?? "";
  }
  const { targetIds = [] } = await client.send(new ListDeploymentTargetsCommand({ deploymentId }));
  const { deploymentTarget } = await client.send(
    new GetDeploymentTargetCommand({ deploymentId, targetId: targetIds[0] }),
  );
  return deploymentTarget?.instanceTarget?.lifecycleEvents ?? [];
}

/** A command is available when the event before it has ended: the server decides both in one pass. */
function hookLatencies(events: readonly LifecycleEvent[]): readonly number[] {
  const printed = [...(events.at(-1)?.diagnostics?.logTail ?? "").matchAll(/\[stdout\](\d{19})/g)];
  return printed.map(([, nanoseconds], index) => {
    const before = events[events.findIndex(({ lifecycleEventName }) => lifecycleEventName === hooks[index]) - 1];
    return Number(nanoseconds) / 1e6 - millisecondsOf(before?.endTime);
  });
}

const millisecondsOf = (time: Date | undefined): number => time?.getTime() ?? Number.NaN;
