import { mkdirSync } from "node:fs";
import { startCloud, type RunningCloud } from "@sluice/cloud";
import { consoleListener } from "@sluice/console";
import { openIdentities, startServer, type RunningServer, withHostSetup } from "@sluice/server";
import { agentBundle } from "./agent-bundle.ts";
import { certificateOf } from "./certificates.ts";
import { accountId, type Configuration } from "./config.ts";
import { deployExample, exampleFolder } from "./example.ts";
import { forgetRunning, noteRunning } from "./running.ts";

/** What `sluice up` is asked for beside its settings. */
export interface UpOptions {
  readonly instances: number;
  readonly example: boolean;
}

/** Starts control plane and local cloud on one port, deploys the example unless told not to, and stays up until a signal ends it. */
export async function up(configuration: Configuration, { instances, example }: UpOptions): Promise<void> {
  const { dataFolder, region } = configuration;
  makeDataFolder(dataFolder);
  const house = await open(configuration, example);
  const { server, cloud, key, certificate } = house;
  noteReady(configuration, { server, key, certificate });
  const ended = signalled();
  try {
    const shown = example
      ? deployExample({ url: server.url, region, credentials: key }, { instances, driver: cloud.driver })
      : Promise.resolve();
    const signal = await Promise.race([ended, shown]);
    if (signal === undefined) console.log(invitation(example));
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

/** Tells other commands, and whoever looks, that a server is there. */
export function noteReady(
  { dataFolder, region }: Configuration,
  { server, key, certificate }: Pick<House, "server" | "key" | "certificate">,
): void {
  const { url } = server;
  const secure = certificate === undefined ? {} : { caBundle: certificate.caBundle };
  noteRunning(dataFolder, { url, region, ...key, ...secure });
  console.log(`ready on ${url}`);
  if (certificate !== undefined)
    console.log(`and on ${url.replace(/^http:/, "https:")}, for clients that trust ${certificate.caBundle}`);
}

async function open(configuration: Configuration, example: boolean): Promise<House> {
  const { dataFolder, port, region, hostname, driver, chaos, timeScale, loadBalancer, logLevel, eventsUrl } =
    configuration;
  const clock = () => Date.now();
  const certificate = certificateOf(configuration, clock);
  const identities = await openIdentities({ dataFolder, accountId, clock });
  const common = { dataFolder, region, accountId, clock };
  const cloud = await startCloud({
    ...common,
    keys: identities,
    driver,
    loadBalancer,
    chaos,
    timeScale,
    plainInstead: example,
    agentBundle: agentBundle(),
  });
  if (cloud.why !== undefined) console.log(`Instances run as ordinary processes: ${cloud.why}\n`);
  const key = identities.administrator();
  try {
    const server = await startServer({
      ...common,
      port,
      hostname,
      ...(certificate === undefined ? {} : { tls: certificate, authority: certificate.authority }),
      identities,
      logLevel,
      services: cloud.services,
      permissionsOf: cloud.permissionsOf,
      roleExists: cloud.roleExists,
      actsWithServiceRoles: configuration.actsWithServiceRoles,
      ec2: "self",
      ...(eventsUrl === undefined ? {} : { eventsUrl }),
      fallback: withHostSetup(consoleListener(), {
        identities,
        region,
        clock,
        agentBundle: agentBundle(),
        ...(certificate === undefined ? {} : { authority: certificate.authority }),
        onDefect: (error, about) => console.error(`Defect in ${about}:`, error),
      }),
    });
    await cloud.connect(server);
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

/** Makes the data folder, for this user alone. */
export function makeDataFolder(dataFolder: string): void {
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new Error(`Cannot make the data folder "${dataFolder}"; name another with --data`, { cause });
  }
}

/** Resolves with the name of the first signal that asks to end. */
export function signalled(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve(signal));
  });
}

const invitation = (example: boolean) => `
${example ? "The example application runs. Try next" : "Try"}, in another terminal:
  eval "$(npx sluice env)"                                  # points the aws CLI and every SDK here
  aws deploy list-deployments
  aws ec2 describe-instances --query 'Reservations[].Instances[].[InstanceId,State.Name,PrivateIpAddress]' --output text
${
  example
    ? `  npx sluice exec INSTANCE -- curl -s localhost:8080         # INSTANCE: an id from the line above
  cp -r ${exampleFolder} mine && echo 2 > mine/app/VERSION  # a version of your own …
  npx sluice deploy mine                                    # … deployed, with live progress`
    : `  npx sluice deploy FOLDER --application A --group G          # a folder with an appspec.yml`
}
Stop with Ctrl-C, or: npx sluice down`;
