import { openIdentities, refuseMoved, startServer } from "@sluice/server";
import { certificateOf } from "../../certificates.ts";
import { accountId, type Configuration } from "../../config.ts";
import { programName } from "../../environment.ts";
import { forgetRunning } from "../../running.ts";
import { openDataFolder } from "../../data-folder.ts";
import { consoleLink } from "../console.ts";
import { noteReady } from "./note-ready.ts";
import { reload } from "./reload.ts";
import { pages, serverOptions } from "./server-options.ts";
import { signalled } from "./signals.ts";

/**
 * Starts the control plane without a local cloud, and stays up until a signal ends it. Fleets, load balancers, functions and
 * alarms are AWS's, reached with the usual credentials and each deployment group's role; on-premises hosts need none of that.
 */
export async function serve(configuration: Configuration, account: string = accountId): Promise<void> {
  if (!/^\d{12}$/.test(account)) throw new Error(`Cannot use account "${account}": expected twelve digits`);
  if (configuration.database !== undefined) {
    const { serveNode } = await import("./serve-node.ts");
    return serveNode(configuration, configuration.database, account);
  }
  const { dataFolder, metrics } = configuration;
  openDataFolder(dataFolder);
  refuseMoved(dataFolder);
  const clock = () => Date.now();
  const identities = await openIdentities({ dataFolder, accountId: account, clock });
  const certificate = certificateOf(configuration, clock);
  const authority = certificate?.authority;
  const server = await startServer({
    ...serverOptions(configuration),
    ...{ clock, identities, metrics, authority },
    accountId: account,
    services: [],
    tls: certificate,
    ec2: "aws",
    fallback: pages(configuration, { identities, clock, authority }),
  });
  const key = identities.administrator();
  noteReady(configuration, { server, key, certificate });
  console.log(
    `The console, for a minute and one browser: ${consoleLink(server.url, server.newConsoleCode(key.accessKeyId))}\nlater: ${programName} console`,
  );
  try {
    console.log(`\nStopping: ${await signalled(() => reload(server, configuration, clock))}`);
  } finally {
    forgetRunning(dataFolder);
    await server.close();
  }
}
