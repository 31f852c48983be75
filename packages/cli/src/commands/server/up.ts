import { fileURLToPath } from "node:url";
import { startCloud, type RunningCloud } from "@sluice/cloud";
import { openIdentities, refuseMoved, startServer, type RunningServer } from "@sluice/server";
import { agentBundle } from "../../agent-bundle.ts";
import { certificateOf } from "../../certificates.ts";
import { accountId, type Configuration } from "../../config.ts";
import { openDataFolder } from "../../data-folder.ts";
import { programName } from "../../environment.ts";
import { forgetRunning } from "../../running.ts";
import { consoleLink } from "../console.ts";
import { closeInheritedDescriptors } from "./inherited-descriptors.ts";
import { noteReady, type ReadyServer } from "./note-ready.ts";
import { pages, serverOptions } from "./server-options.ts";
import { signalled } from "./signals.ts";

/** The folder of the example application. */
const exampleFolder = fileURLToPath(new URL("../../../../../examples/hello", import.meta.url));

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
      const { deployExample } = await import("../../example.ts");
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

interface House extends ReadyServer {
  readonly server: RunningServer;
  readonly cloud: RunningCloud;
}

/** Connects the instances, and says why when they do not run as hoped. Returns how they run. */
async function connect({ cloud, server }: House): Promise<string> {
  const { driver, why } = await cloud.connect(server);
  if (why !== undefined) console.log(`Instances run as ordinary processes: ${why}\n`);
  return driver;
}

async function open(configuration: Configuration, example: boolean): Promise<House> {
  const { dataFolder, region, driver, chaos, timeScale, loadBalancer, metrics, actsWithServiceRoles } = configuration;
  const clock = () => Date.now();
  const certificate = certificateOf(configuration, clock);
  const authority = certificate?.authority;
  const identities = await openIdentities({ dataFolder, accountId, clock });
  const cloud = startCloud({
    ...{ dataFolder, region, accountId, clock, driver, loadBalancer, chaos, timeScale, actsWithServiceRoles },
    keys: identities,
    plainInstead: example,
    uploadDays: configuration.keep.uploads,
    agentBundle: agentBundle(),
  });
  const key = identities.administrator();
  try {
    const server = await startServer({
      ...serverOptions(configuration),
      ...{ accountId, clock, identities, metrics, timeScale, actsWithServiceRoles, authority },
      tls: certificate,
      freezeCloud: () => cloud.freeze(),
      services: cloud.services,
      permissionsOf: cloud.permissionsOf,
      uniqueIdOf: cloud.uniqueIdOf,
      roleExists: cloud.roleExists,
      revisionSha256: cloud.objectSha256,
      ec2: "self",
      fallback: pages(configuration, { identities, clock, authority }),
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
