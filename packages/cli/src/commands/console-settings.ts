import { version } from "@sluice/aws-protocol/version";
import { consoleListener } from "@sluice/console";
import { shownWhereSafe } from "@sluice/server";
import type { Configuration } from "../config.ts";

/** The console's pages, where nobody on the way can change them. */
export const consolePages = ({ consoleBehindProxy, port }: Configuration) =>
  shownWhereSafe(consoleListener(), { isBehindProxy: consoleBehindProxy, port: () => port });

/** What the server has to know of the names by which it is called, and of who may look at its console. */
export const consoleSettings = ({ tlsNames, hostNames, consoleBehindProxy }: Configuration) => ({
  hostNames: [...tlsNames, ...hostNames],
  console: { isBehindProxy: consoleBehindProxy, version },
});
