import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { createFrontDoor, createFrontDoorServer } from "@sluice/aws-protocol";
import { openIdentities } from "@sluice/server";
import { endLeftovers, execInInstance, startCloud, type CloudOptions } from "../src/index.ts";
import { removeFolder } from "../../../test/support/remove-folder.ts";

const run = promisify(execFile);
const accountId = "123456789012";
const agentBundle = resolve(import.meta.dirname, "../../agent/dist/codedeploy-agent.cjs");
const clock = () => Date.now();

interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A local cloud on a port of its own, with a data folder of its own, for one test. */
export interface LocalCloud {
  readonly folder: string;
  readonly url: string;
  /** What SDK clients are made with. */
  readonly client: { readonly endpoint: string; readonly region: string; readonly credentials: KeyPair };
  /** Runs a command on an instance; its output, and what it ended with. */
  exec(instanceId: string, ...argv: readonly string[]): Promise<{ readonly code: number; readonly output: string }>;
  /** Runs the real `aws` CLI; throws unless it succeeds. */
  aws(...words: readonly string[]): Promise<string>;
  /** Closes and opens it again, as a restart does. */
  restart(): Promise<LocalCloud>;
}

/** Opens a local cloud, and removes it when the test ends. */
export async function openLocalCloud(
  test: TestContext,
  options: Partial<CloudOptions> = {},
  folder = mkdtempSync(join(tmpdir(), "sluice-cloud-")),
): Promise<LocalCloud> {
  const identities = await openIdentities({ dataFolder: folder, accountId, clock });
  const administrator = identities.administrator();
  const region = options.region ?? "us-east-1";
  const cloud = startCloud({
    dataFolder: folder,
    region,
    accountId,
    clock,
    keys: identities,
    driver: "plain",
    plainInstead: false,
    agentBundle,
    chaos: { packageLocks: 0 },
    ...options,
  });
  const listener = createFrontDoor({
    services: cloud.services,
    keys: identities,
    clock,
    log: () => {},
  });
  const server = createFrontDoorServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP
  await cloud.connect({ listener, port, objectsFor: () => [], signerSha256: async () => "0".repeat(64) });
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await cloud.close();
    server.close();
    server.closeAllConnections();
    identities.close();
  };
  test.after(async () => {
    await close();
    await endLeftovers({ dataFolder: folder });
    removeFolder(folder);
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    folder,
    url,
    client: { endpoint: url, region, credentials: administrator },
    async exec(instanceId, ...argv) {
      const [stdin, stdout, stderr] = [new PassThrough().end(), new PassThrough(), new PassThrough()];
      const output = Promise.all([text(stdout), text(stderr)]);
      const code = await execInInstance({ dataFolder: folder, instanceId, argv, stdio: { stdin, stdout, stderr } });
      stdout.end();
      stderr.end();
      return { code, output: (await output).join("") };
    },
    async aws(...words) {
      const env = {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        AWS_ENDPOINT_URL: url,
        AWS_ACCESS_KEY_ID: administrator.accessKeyId,
        AWS_SECRET_ACCESS_KEY: administrator.secretAccessKey,
        AWS_DEFAULT_REGION: region,
        AWS_PAGER: "",
      };
      return (await run("aws", words, { env })).stdout.trim();
    },
    async restart() {
      await close();
      return openLocalCloud(test, options, folder);
    },
  };
}
