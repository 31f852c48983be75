import { inspect } from "node:util";
import { printableLines } from "@sluice/aws-protocol/printable";
import { openIdentities, refuseMoved, startServer, withHostSetup } from "@sluice/server";
import { agentBundle } from "../agent-bundle.ts";
import { certificateOf } from "../certificates.ts";
import { accountId, type Configuration } from "../config.ts";
import { programName } from "../environment.ts";
import { forgetRunning } from "../running.ts";
import { openDataFolder } from "../data-folder.ts";
import { consoleLink } from "./console.ts";
import { consolePages, consoleSettings } from "./console-settings.ts";
import { reload } from "./reload.ts";
import { noteReady, signalled } from "./up.ts";

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
  const {
    dataFolder,
    port,
    region,
    hostname,
    logLevel,
    eventsUrl,
    eventsMax,
    scriptLogBytesMax,
    metrics,
    keep,
    limits,
  } = configuration;
  openDataFolder(dataFolder);
  refuseMoved(dataFolder);
  const clock = () => Date.now();
  const identities = await openIdentities({ dataFolder, accountId: account, clock });
  const certificate = certificateOf(configuration, clock);
  const server = await startServer({
    dataFolder,
    region,
    accountId: account,
    clock,
    port,
    hostname,
    identities,
    logLevel,
    metrics,
    keep,
    limits,
    services: [],
    tls: certificate,
    authority: certificate?.authority,
    ec2: "aws",
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
