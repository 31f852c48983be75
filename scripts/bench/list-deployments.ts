import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { newDeployment } from "@sluice/engine";
import { type Identities, openIdentities, startServer } from "@sluice/server";
import { openStore } from "../../packages/server/src/store/index.ts";
import { atMostTimes, type Figure, median } from "./figure.ts";
import { bareRequest, type Yardstick } from "./yardsticks.ts";

const deployments = 100_000;
const groups = 100;
const rounds = 100;
const region = "us-east-1";
const accountId = "123456789012";
const statuses = ["Succeeded", "Failed", "Stopped"] as const;

type Ask = (body: object) => Promise<{ readonly nextToken?: string }>;

/** Pages of ListDeployments over a store of many: from the newest, of one group, of a rare status, and half-way down. */
export async function listDeployments(): Promise<readonly Figure[]> {
  const dataFolder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  await fill(dataFolder);
  const identities = await openIdentities({ dataFolder, accountId, clock: () => Date.now() });
  const server = await startServer({
    dataFolder,
    region,
    accountId,
    identities,
    clock: () => Date.now(),
    port: 0,
    hostname: "127.0.0.1",
    logLevel: "error",
    services: [],
    ec2: "self",
  });
  const ask = asker(server.url, identities);
  const group = { applicationName: "shop", deploymentGroupName: "group-7" };
  const of = [await bareRequest()];
  const figures = [
    await pages(ask, "the newest", { given: {}, of }),
    await pages(ask, "the newest of a group", { given: group, of }),
    await pages(ask, "the newest that were stopped", { given: { includeOnlyStatuses: ["Stopped"] }, of }),
    await pages(ask, "none of a status", { given: { includeOnlyStatuses: ["Ready"] }, of }),
    await pages(ask, "half-way down", { given: await halfWay(ask), of }),
  ];
  await server.close();
  rmSync(dataFolder, { recursive: true, force: true });
  return figures;
}

async function fill(dataFolder: string): Promise<void> {
  const store = openStore(dataFolder);
  const revision = { revisionType: "S3", s3Location: { bucket: "b", key: "k", bundleType: "zip" } } as const;
  const settings = {
    deploymentConfigName: "CodeDeployDefault.OneAtATime",
    serviceRoleArn: "",
    outdatedInstancesStrategy: "UPDATE",
  } as const;
  await store.write(() => {
    store.applications.add({ id: "shop", name: "shop", computePlatform: "Server", createTime: 0 }, []);
    for (let group = 0; group < groups; group++)
      store.groups.add({ id: `g${group}`, applicationId: "shop", name: `group-${group}`, settings }, []);
    for (let number = 0; number < deployments; number++) {
      const id = `d-${String(number).padStart(9, "0")}`;
      const minimumHealthyHosts = { type: "MOST_CONCURRENCY", value: 1 } as const;
      const beginning = { id, createTime: number * 1000, kind: "in-place" as const, minimumHealthyHosts };
      const state = newDeployment({ ...beginning, ignoreApplicationStopFailures: false });
      const status = statuses[number % 1000 === 0 ? 2 : number % 2] ?? "Succeeded";
      store.deployments.add({
        id,
        applicationId: "shop",
        groupId: `g${number % groups}`,
        request: {
          groupName: `group-${number % groups}`,
          creator: "user",
          revision,
          fileExistsBehavior: "DISALLOW",
          deploymentConfigName: settings.deploymentConfigName,
          updateOutdatedInstancesOnly: false,
          deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
        },
        state: { ...state, status, startTime: 0, completeTime: number * 1000 + 1 },
      });
    }
  });
  store.close();
}

function asker(url: string, identities: Identities): Ask {
  return async (given) => {
    const body = JSON.stringify(given);
    const headers = signHeaders({
      method: "POST",
      url: new URL(url),
      body,
      region,
      service: "codedeploy",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "CodeDeploy_20141006.ListDeployments",
      },
      credentials: identities.administrator(),
    });
    const response = await fetch(url, { method: "POST", headers, body });
    if (!response.ok) throw new Error(`ListDeployments answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { nextToken?: string }; // what ListDeployments answers
  };
}

/** A request whose page begins in the middle: deployments are a second apart from the epoch on, and its token follows a page of those created until then. */
async function halfWay(ask: Ask): Promise<object> {
  const createTimeRange = { end: deployments / 2 };
  const { nextToken } = await ask({ createTimeRange });
  return { createTimeRange, nextToken };
}

async function pages(
  ask: Ask,
  which: string,
  { given, of }: { given: object; of: readonly Yardstick[] },
): Promise<Figure> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await ask(given);
    times.push(performance.now() - started);
  }
  return atMostTimes(`a page of ${deployments} deployments: ${which}, median of ${rounds}`, median(times), {
    times: 30,
    unit: "ms",
    of,
  });
}
