import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { newDeployment, type Target } from "@sluice/engine";
import { Viewer } from "../../packages/server/src/console/rights/viewer.ts";
import type { SnapshotContext } from "../../packages/server/src/console/snapshots/context.ts";
import { targetColumns } from "../../packages/server/src/console/snapshots/one-deployment/targets.ts";
import { Hub, type Reader } from "../../packages/server/src/console/stream/hub.ts";
import { openStore, type Store } from "../../packages/server/src/store/index.ts";
import { atMost, type Figure, median } from "./figure.ts";

const id = "d-BENCH0000";
const targetsCount = 10_000;
const readersCount = 50;
const [rounds, changesInRound, roundMilliseconds] = [100, 100, 100];
const events = [
  "ApplicationStop",
  "DownloadBundle",
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "ApplicationStart",
  "ValidateService",
] as const;

/** The picture of ten thousand targets, and fifty readers of a deployment in which a thousand of them change each second, without what their sockets cost. */
export async function consoleReaders(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const store = openStore(folder);
  await fill(store);
  const context: SnapshotContext = {
    store,
    clock: () => Date.now(),
    region: "us-east-1",
    accountId: "123456789012",
    lastSeen: () => undefined,
    presence: { factsOf: () => undefined, all: () => new Map() },
    audit: { readByFilter: () => ({ entries: [], total: 0 }) },
  };
  const figures = [...(await columns(context)), ...(await readers(context))];
  store.close();
  rmSync(folder, { recursive: true, force: true });
  return figures;
}

async function columns(context: SnapshotContext): Promise<readonly Figure[]> {
  const session = { id: "s", accessKeyId: "k", userId: "u", createdAt: 0, lastUsedAt: 0, expiresAt: 0 };
  const principal = { accountId: "123456789012", arn: "arn:aws:iam::123456789012:root", userId: "u" };
  const { signal } = new AbortController();
  const call = {
    requestId: "r",
    region: "us-east-1",
    principal,
    accessKeyId: "k",
    endpoint: "",
    receivedAt: 0,
    signal,
  };
  const serviceOf = () => {
    throw new Error("An administrator's rights are asked of no service");
  };
  const viewer = new Viewer({ serviceOf }, session, call);
  const taken: number[] = [];
  let bytes = 0;
  for (let round = 0; round < 11; round += 1) {
    const began = performance.now();
    const text = JSON.stringify(await targetColumns(viewer, context, { id, withIds: false }));
    taken.push(performance.now() - began);
    bytes = gzipSync(text, { level: 3 }).length;
  }
  return [
    atMost("the columns of 10,000 targets without names", bytes / 1_000, 30, "KB gzip"),
    atMost("… made in", median(taken), 100, "ms"),
  ];
}

async function readers(context: SnapshotContext): Promise<readonly Figure[]> {
  const nobody = await processors(context, 0);
  const everybody = await processors(context, readersCount);
  const figure = `${readersCount} readers of a deployment with ${(changesInRound * 1_000) / roundMilliseconds} changes a second, beside none (${Math.round(nobody)} %)`;
  return [atMost(figure, everybody - nobody, 10, "% of a processor")];
}

/** The share of a processor that changes take, with so many readers of them, in percent. */
async function processors({ store, ...context }: SnapshotContext, count: number): Promise<number> {
  const hub = new Hub({ store, ...context }, (error) => {
    throw error instanceof Error ? error : new Error(String(error));
  });
  const all = Array.from({ length: count }, () => newReader(store));
  for (const reader of all) hub.add(reader);
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  for (let round = 0; round < rounds; round += 1) {
    await change(store, round);
    await wait(Math.max(0, began + (round + 1) * roundMilliseconds - performance.now()));
  }
  const { user, system } = process.cpuUsage(cpu);
  const share = (user + system) / 1_000 / (performance.now() - began);
  for (const reader of all) hub.remove(reader);
  return share * 100;
}

const newReader = (store: Store): Reader => ({
  topics: [{ name: "deployment", id }, { name: "targets", id }, { name: "events", id }, { name: "now" }],
  sight: { audit: true },
  cursor: store.events.newestCursor,
  take: (deltas) => deltas.every(({ frame }) => frame.length > 0),
  resync: () => {},
});

/** Changes some targets in one transaction, as a pass does. */
async function change(store: Store, round: number): Promise<void> {
  const before = store.deployments.targets(id);
  const first = (round * changesInRound) % targetsCount;
  const status = round % 2 === 0 ? ("InProgress" as const) : ("Succeeded" as const);
  const after = before.map((target, place) =>
    place >= first && place < first + changesInRound ? { ...target, status, lastUpdatedAt: Date.now() } : target,
  );
  await commit(store, before, after);
  await store.write(() => {
    for (const target of after.slice(first, first + changesInRound))
      store.events.append({ at: Date.now(), kind: "target", deploymentId: id, target: target.id, to: status });
  });
}

function commit(store: Store, before: readonly Target[], after: readonly Target[]): Promise<void> {
  return store.write(() => {
    const record = store.deployments.byId(id);
    if (record === undefined) throw new Error(`There is no deployment ${id}`);
    const world = { now: Date.now(), deployment: record.state, reports: [], instanceStates: {} };
    const worlds = { before: { ...world, targets: before }, after: { ...world, targets: after } };
    store.deployments.commit(record, { ...worlds, version: record.version, memories: {} });
  });
}

async function fill(store: Store): Promise<void> {
  const settings = {
    deploymentConfigName: "CodeDeployDefault.HalfAtATime",
    serviceRoleArn: "",
    outdatedInstancesStrategy: "UPDATE",
  } as const;
  const minimumHealthyHosts = { type: "FLEET_PERCENT", value: 50 } as const;
  const state = newDeployment({
    id,
    createTime: 1,
    kind: "in-place",
    minimumHealthyHosts,
    ignoreApplicationStopFailures: false,
  });
  await store.write(() => {
    store.applications.add({ id: "shop", name: "shop", computePlatform: "Server", createTime: 0 }, []);
    store.groups.add({ id: "prod", applicationId: "shop", name: "prod", settings }, []);
    store.deployments.add({
      id,
      applicationId: "shop",
      groupId: "prod",
      request: {
        groupName: "prod",
        creator: "user",
        revision: { revisionType: "S3", s3Location: { bucket: "b", key: "k", bundleType: "zip" } },
        fileExistsBehavior: "DISALLOW",
        deploymentConfigName: settings.deploymentConfigName,
        updateOutdatedInstancesOnly: false,
        deploymentStyle: { deploymentType: "IN_PLACE", deploymentOption: "WITHOUT_TRAFFIC_CONTROL" },
      },
      state: { ...state, status: "InProgress", startTime: 2 },
    });
  });
  await commit(
    store,
    [],
    Array.from({ length: targetsCount }, (_, place) => newTarget(place)),
  );
}

function newTarget(place: number): Target {
  const own = `i-${place.toString(16).padStart(17, "0")}`;
  const arn = `arn:aws:ec2:us-east-1:123456789012:instance/${own}`;
  const zone = `us-east-1${"abc"[place % 3]}`;
  const pending = events.map((name) => ({ name, status: "Pending" as const }));
  return { id: own, arn, hostIdentifier: arn, zone, status: "Pending", lastUpdatedAt: 1, events: pending };
}
