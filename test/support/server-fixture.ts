import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { Authority, startCloud } from "@sluice/cloud";
import { openIdentities, startServer } from "@sluice/server";

const run = promisify(execFile);

/** The account and the region of the fixture. */
export const accountId = "123456789012";
export const region = "eu-west-1";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Control plane and local cloud of a new data folder, in this process, on a free port; closed after the test. */
export async function openServerFixture(
  test: TestContext,
  {
    clock = () => Date.now(),
    agentBundle,
    tls = false,
    ...more
  }: {
    readonly clock?: () => number;
    /** The program that is the agent on instances; without one there are no instances. */
    readonly agentBundle?: string;
    /** Serves HTTPS besides HTTP, with a certificate of its own authority. */
    readonly tls?: boolean;
    readonly actsWithServiceRoles?: boolean;
    readonly eventsUrl?: string | undefined;
    readonly eventsMax?: number;
    /** Serves what is no request to AWS. */
    readonly fallback?: RequestListener | undefined;
    readonly limits?: { readonly requests?: number };
    readonly metrics?: { readonly hostname: string; readonly port: number } | undefined;
  } = {},
) {
  const dataFolder = mkdtempSync(join(tmpdir(), "sluice-identity-"));
  let close = async () => {};
  test.after(async () => {
    await close(); // before the folder, which lists the instances, is removed
    rmSync(dataFolder, { recursive: true, force: true });
  });
  const common = { dataFolder, region, accountId, clock };
  const identities = await openIdentities(common);
  const cloud = startCloud({
    ...common,
    keys: identities,
    driver: "plain",
    plainInstead: false,
    agentBundle: agentBundle ?? "/nowhere",
    chaos: { packageLocks: 0 },
  });
  const authority = Authority.open(dataFolder, clock);
  const server = await startServer({
    ...common,
    port: 0,
    hostname: "127.0.0.1",
    tls: tls ? authority.certificateFor(["127.0.0.1"]) : undefined,
    identities,
    permissionsOf: cloud.permissionsOf,
    uniqueIdOf: cloud.uniqueIdOf,
    roleExists: cloud.roleExists,
    revisionSha256: cloud.objectSha256,
    ...more,
    logLevel: "error",
    services: cloud.services,
    ec2: "self",
  });
  close = async () => {
    await cloud.close();
    await server.close();
  };
  if (agentBundle !== undefined) await cloud.connect(server);
  const administrator = identities.administrator();
  return {
    dataFolder,
    identities,
    url: server.url,
    metricsUrl: server.metricsUrl,
    signerSha256: () => server.signerSha256(),
    /** A link that opens the console once, with a key's rights; the administrator's unless another is given. */
    consoleLink: ({ accessKeyId }: Credentials = administrator) =>
      `${server.url}/#c=${server.newConsoleCode(accessKeyId)}`,
    objectSha256: cloud.objectSha256,
    /** The certificate of the authority, for clients over HTTPS. */
    authorityFile: authority.certificateFile,
    administrator,
    /** Options of an SDK client that signs with a key; the administrator's unless another is given. */
    as: (credentials: Credentials = administrator) => ({ region, endpoint: server.url, credentials, maxAttempts: 1 }),
    /** Runs the real `aws` CLI; returns its exit code and output. */
    aws: (words: readonly string[], options: { readonly as?: Credentials; readonly cwd?: string } = {}) =>
      aws(server.url, words, { as: administrator, ...options }),
  };
}

export type ServerFixture = Awaited<ReturnType<typeof openServerFixture>>;

async function aws(
  url: string,
  words: readonly string[],
  { as: key, cwd }: { readonly as: Credentials; readonly cwd?: string },
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { AWS_SESSION_TOKEN: _, AWS_PROFILE: __, ...rest } = process.env;
  const env = {
    ...rest,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_SESSION_TOKEN: key.sessionToken,
    AWS_DEFAULT_REGION: region,
    AWS_PAGER: "",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
  };
  try {
    const { stdout, stderr } = await run("aws", [...words], { env, cwd });
    return { code: 0, stdout: stdout.trim(), stderr };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { code?: number | string; stdout?: string; stderr?: string }; // what execFile's promise rejects with
    if (code === "ENOENT") throw error;
    return { code: Number(code), stdout: stdout.trim(), stderr };
  }
}
