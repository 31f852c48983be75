// The CodeDeploy API alone, on loopback: the real front door, operations and store, without a reconciler, so that tests set the states of deployments.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { CodeDeployClient, CodeDeployServiceException } from "@aws-sdk/client-codedeploy";
import { createFrontDoor, createFrontDoorServer } from "@sluice/aws-protocol";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import type { Deployment, Target } from "@sluice/engine";
import { openIdentities } from "@sluice/server";
import { codedeployAccesses } from "../../packages/server/src/access/codedeploy-accesses.ts";
import { codedeployService } from "../../packages/server/src/operations/index.ts";
import { openStore, type Store } from "../../packages/server/src/store/index.ts";

const region = "us-east-1";
const accountId = "123456789012";

/** A service role. It need not exist before a deployment uses it. */
export const serviceRoleArn = `arn:aws:iam::${accountId}:role/deployer`;

/** A response of the API. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The exception's name without `Exception`; undefined for a success. */
  readonly fault: string | undefined;
}

/** The CLI's output: JSON of the command's shape. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into it as they like
export type Printed = any;

/** An API under test. */
export interface ApiFixture {
  readonly client: CodeDeployClient;
  readonly store: Store;
  /** Deployments that were woken, in order. */
  readonly woken: readonly string[];
  /** Milliseconds since the epoch, as the API sees it. */
  now: number;
  /** When agents were last heard of, by host. */
  readonly heard: Map<string, number>;
  /** Sends a body as it is, signed. */
  readonly raw: (operation: string, body: unknown) => Promise<RawAnswer>;
  /** Runs the real `aws deploy`; throws unless it succeeds. Returns its output as JSON, or undefined when there is none. */
  readonly aws: (...words: readonly string[]) => Promise<Printed>;
  /** Sets a state of a deployment that only the reconciler sets. */
  readonly plant: (id: string, change: Partial<Deployment>, targets?: readonly Target[]) => Promise<void>;
}

/** Opens an API for one test and closes it afterwards. Fails the test if the API had an internal error. */
export async function openApi(
  test: TestContext,
  // There is no Auto Scaling beside this API: no group here can have hooks, and none is left.
  hooksOf: (store: Store) => Parameters<typeof codedeployService>[0]["syncHooks"] = () => async () => [],
): Promise<ApiFixture> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-api-"));
  const store = openStore(folder);
  const sluice = { now: Date.parse("2026-01-01T00:00:00.125Z"), heard: new Map<string, number>() };
  const clock = () => sluice.now;
  const identities = await openIdentities({ dataFolder: folder, accountId, clock: Date.now });
  const defects: unknown[] = [];
  const woken: string[] = [];
  const service = codedeployService(
    {
      store,
      clock,
      region,
      accountId,
      wake: (id) => void woken.push(id),
      syncHooks: hooksOf(store),
      endRegistration: async () => {},
      lastSeen: (host) => sluice.heard.get(host),
    },
    codedeployAccesses({ store, region, accountId }),
    (error) => void defects.push(error),
  );
  const listener = createFrontDoor({ services: [service], keys: identities, clock: Date.now, log: () => {} });
  const server = createFrontDoorServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = identities.administrator();
  const client = new CodeDeployClient({ endpoint: url, region, credentials, maxAttempts: 1 });
  test.after(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    identities.close();
    store.close();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(defects, [], "the API met a defect");
  });
  return Object.assign(sluice, {
    client,
    store,
    woken,
    raw: (operation: string, body: unknown) => send(url, credentials, operation, JSON.stringify(body)),
    aws: (...words: readonly string[]) => aws(url, credentials, words),
    plant: (id: string, change: Partial<Deployment>, targets: readonly Target[] = []) =>
      plant(store, id, change, targets),
  });
}

type Credentials = Parameters<typeof signHeaders>[0]["credentials"];

async function send(url: string, credentials: Credentials, operation: string, body: string): Promise<RawAnswer> {
  const headers = signHeaders({
    method: "POST",
    url: new URL(url),
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `CodeDeploy_20141006.${operation}`,
    },
    body,
    credentials,
    region,
    service: "codedeploy",
  });
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  const type = response.ok ? undefined : String((JSON.parse(text) as { __type?: string }).__type);
  return { status: response.status, headers: response.headers, text, fault: type?.replace(/Exception$/, "") };
}

async function aws(url: string, credentials: Credentials, words: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)("aws", ["--output", "json", "deploy", ...words], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_DEFAULT_REGION: region,
      AWS_PAGER: "",
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });
  return stdout.trim() === "" ? undefined : (JSON.parse(stdout) as unknown);
}

async function plant(store: Store, id: string, change: Partial<Deployment>, targets: readonly Target[]): Promise<void> {
  const record = store.deployments.byId(id);
  assert(record, `the deployment ${id} exists`);
  const before = { now: 0, deployment: record.state, targets: [], reports: [], instanceStates: {} };
  const after = { ...before, deployment: { ...record.state, ...change }, targets };
  const commit = { before, after, version: record.version, issued: [], memories: {} };
  await store.write(() => store.deployments.commit(record, commit));
}

/** Whether a rejection is one of CodeDeploy's faults, by its name without `Exception`, and has this text in it. */
export function isFault(name: string, text: string | RegExp = ""): (error: unknown) => true {
  return (error) => {
    assert(error instanceof CodeDeployServiceException, String(error));
    assert.equal(error.name, `${name}Exception`, error.message);
    assert.equal(error.$metadata.httpStatusCode, 400);
    if (typeof text === "string") assert(error.message.includes(text), `"${error.message}" has "${text}" in it`);
    else assert.match(error.message, text);
    return true;
  };
}

/** A revision in S3 with this key. */
export const s3Revision = (key: string) => ({
  revisionType: "S3" as const,
  s3Location: { bucket: "bundles", key, bundleType: "zip" as const },
});
