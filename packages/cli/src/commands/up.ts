import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { printableLines } from "@sluice/aws-protocol/printable";
import { startCloud, type RunningCloud } from "@sluice/cloud";
import { openIdentities, refuseMoved, startServer, type RunningServer, withHostSetup } from "@sluice/server";
import { consoleLink } from "./console.ts";
import { consolePages, consoleSettings } from "./console-settings.ts";
import { agentBundle } from "../agent-bundle.ts";
import { certificateOf } from "../certificates.ts";
import { accountId, type Configuration } from "../config.ts";
import { openDataFolder } from "../data-folder.ts";
import { closeInheritedDescriptors } from "./inherited-descriptors.ts";
import { programName } from "../environment.ts";
import { forgetRunning, noteRunning } from "../running.ts";

/** The folder of the example application. */
const exampleFolder = fileURLToPath(new URL("../../../../examples/hello", import.meta.url));

/** What `sluice up` is asked for beside its settings. */
export interface UpOptions {
  readonly instances: number;
  readonly example: boolean;
}

/** Starts control plane and local cloud on one port, deploys the example unless told otherwise, and stays up until a signal ends it. */
export async function up(configuration: Configuration, { instances, example }: UpOptions): Promise<void> {
  const { dataFolder, region } = configuration;
  if (configuration.tlsOnly)
    throw new Error(
      "Cannot switch plain HTTP off in a local cloud: its instances, functions and load balancers use it within this machine. Use --tls, which speaks HTTPS beside it, or sluice server --tls-only",
    );
  if (configuration.database !== undefined)
    throw new Error(
      "Cannot share a local cloud through a database: its instances and buckets are this machine's. Leave --database and SLUICE_DATABASE out, or use sluice server --database",
    );
  openDataFolder(dataFolder);
  refuseMoved(dataFolder);
  closeInheritedDescriptors();
  const house = await open(configuration, example);
  const { server, key, certificate } = house;
  noteReady(configuration, { server, key, certificate });
  const ended = signalled();
  try {
    const shown = connect(house).then(async (driver) => {
      if (!example) return;
      const { deployExample } = await import("../example.ts");
      await deployExample({ url: server.url, region, credentials: key }, { folder: exampleFolder, instances, driver });
    });
    const signal = await Promise.race([ended, shown]);
    if (signal === undefined)
      console.log(invitation(example, consoleLink(server.url, server.newConsoleCode(key.accessKeyId))));
    console.log(`\nStopping: ${await ended}`);
    shown.catch(() => {}); // it was watching a server that now goes
  } finally {
    forgetRunning(dataFolder);
    await close(house);
  }
}

interface House {
  readonly server: RunningServer;
  readonly cloud: RunningCloud;
  readonly key: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly certificate: ReturnType<typeof certificateOf>;
}

/** Connects the instances, and says why when they do not run as hoped. Returns how they run. */
async function connect({ cloud, server }: House): Promise<string> {
  const { driver, why } = await cloud.connect(server);
  if (why !== undefined) console.log(`Instances run as ordinary processes: ${why}\n`);
  return driver;
}

/** The URL by which this machine's own programs reach a server that listens on all addresses: no certificate names those. */
const onThisMachine = (url: string) => url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");

/** Records for other commands, and prints, that a server is there. */
export function noteReady(
  { dataFolder, region }: Configuration,
  {
    server,
    key,
    certificate,
  }: Pick<House, "key" | "certificate"> & {
    readonly server: Pick<RunningServer, "url" | "metricsUrl">;
  },
): void {
  const { url } = server;
  noteRunning(dataFolder, { url: onThisMachine(url), region, ...key, caBundle: certificate?.caBundle });
  const isAlone = certificate?.isRequired === true;
  const trusted = certificate?.caBundle === undefined ? "" : `, for clients that trust ${certificate.caBundle}`;
  console.log(`ready on ${url}${isAlone ? trusted : ""}`);
  if (certificate !== undefined && !isAlone) console.log(`and on ${url.replace(/^http:/, "https:")}${trusted}`);
  if (server.metricsUrl !== undefined) console.log(`metrics on ${server.metricsUrl}`);
}

async function open(configuration: Configuration, example: boolean): Promise<House> {
  const {
    dataFolder,
    port,
    region,
    hostname,
    driver,
    chaos,
    timeScale,
    loadBalancer,
    logLevel,
    eventsUrl,
    eventsMax,
    scriptLogBytesMax,
  } = configuration;
  const clock = () => Date.now();
  const certificate = certificateOf(configuration, clock);
  const identities = await openIdentities({ dataFolder, accountId, clock });
  const common = { dataFolder, region, accountId, clock };
  const cloud = startCloud({
    ...common,
    keys: identities,
    driver,
    loadBalancer,
    chaos,
    timeScale,
    actsWithServiceRoles: configuration.actsWithServiceRoles,
    plainInstead: example,
    uploadDays: configuration.keep.uploads,
    agentBundle: agentBundle(),
  });
  const key = identities.administrator();
  try {
    const server = await startServer({
      ...common,
      port,
      hostname,
      tls: certificate,
      authority: certificate?.authority,
      identities,
      logLevel,
      metrics: configuration.metrics,
      keep: configuration.keep,
      limits: configuration.limits,
      freezeCloud: () => cloud.freeze(),
      services: cloud.services,
      permissionsOf: cloud.permissionsOf,
      uniqueIdOf: cloud.uniqueIdOf,
      roleExists: cloud.roleExists,
      revisionSha256: cloud.objectSha256,
      actsWithServiceRoles: configuration.actsWithServiceRoles,
      ec2: "self",
      timeScale,
      eventsUrl,
      eventsMax,
      scriptLogBytesMax,
      ...consoleSettings(configuration),
      fallback: withHostSetup(consolePages(configuration), {
        identities,
        region,
        clock,
        agentBundle: agentBundle(),
        authority: certificate?.authority,
        onDefect: (error, about) => console.error(printableLines(`Defect in ${about}: ${inspect(error)}`)),
      }),
    });
    return { server, cloud, key, certificate };
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

async function close({ server, cloud }: House): Promise<void> {
  await cloud.close();
  await server.close();
}

/** Signals within this many milliseconds of the first repeat it: a terminal and npm send the same one, and so does a service manager that signals every process. */
const repeatedMilliseconds = 1000;

/**
 * Resolves with the name of the first signal that asks to end. A later one ends the process at once. With `reload`, SIGHUP
 * asks for that instead, unless a terminal has hung up.
 */
export function signalled(reload?: () => void): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const isReload = (signal: NodeJS.Signals) =>
      signal === "SIGHUP" && reload !== undefined && first === undefined && !process.stdin.isTTY;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
      process.on(signal, () => {
        if (isReload(signal)) return reload?.();
        if (first !== undefined && performance.now() - first > repeatedMilliseconds) {
          process.removeAllListeners(signal);
          process.kill(process.pid, signal);
        }
        first ??= performance.now();
        resolve(signal);
      });
  });
}

const invitation = (example: boolean, link: string) => `
${example ? "The example application runs. Try next" : "Try"}, in another terminal:
  eval "$(${programName} env)"                                  # points the aws CLI and every SDK here
  aws deploy list-deployments
  aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name,PrivateIpAddress]' --output text
${
  example
    ? `  ${programName} exec INSTANCE -- curl -s localhost:8080         # INSTANCE: an id from the line above
  cp -r ${exampleFolder} mine && echo 2 > mine/app/VERSION  # a version of your own …
  ${programName} deploy mine                                    # … deployed, with live progress`
    : `  ${programName} deploy FOLDER --application A --group G          # a folder with an appspec.yml`
}
  ${programName} console                                        # everything in a browser; so does this link, once, within a minute:
  ${link}
Stop with Ctrl-C, or: ${programName} down`;
