import { inspect } from "node:util";
import { printableLines } from "@sluice/aws-protocol/printable";
import { version } from "@sluice/aws-protocol/version";
import { consoleListener } from "@sluice/console";
import { type HostSetupOptions, shownWhereSafe, withHostSetup } from "@sluice/server";
import { agentBundle } from "../../agent-bundle.ts";
import type { Configuration } from "../../config.ts";

/** What each kind of server takes from its settings: its place, what it keeps, and by which names and by whom it is looked at. */
export const serverOptions = ({
  dataFolder,
  region,
  hostname,
  port,
  logLevel,
  keep,
  limits,
  eventsUrl,
  eventsMax,
  scriptLogBytesMax,
  tlsNames,
  hostNames,
  consoleBehindProxy,
}: Configuration) => ({
  ...{ dataFolder, region, hostname, port, logLevel, keep, limits, eventsUrl, eventsMax, scriptLogBytesMax },
  hostNames: [...tlsNames, ...hostNames],
  console: { isBehindProxy: consoleBehindProxy, version },
});

/** What a server shows that is no AWS request: what hosts set themselves up with, and the console's pages, where nobody on the way can change them. */
export const pages = (
  { consoleBehindProxy, port, region }: Configuration,
  options: Pick<HostSetupOptions, "identities" | "clock" | "authority">,
) =>
  withHostSetup(shownWhereSafe(consoleListener(), { isBehindProxy: consoleBehindProxy, port: () => port }), {
    ...options,
    region,
    agentBundle: agentBundle(),
    onDefect: (error, about) => console.error(printableLines(`Defect in ${about}: ${inspect(error)}`)),
  });
