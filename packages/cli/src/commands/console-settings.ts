import { version } from "@sluice/aws-protocol/version";
import type { Configuration } from "../config.ts";

/** What the server has to know of the names by which it is called, and of who may look at its console. */
export const consoleSettings = ({ tlsNames, hostNames, consoleBehindProxy }: Configuration) => ({
  hostNames: [...tlsNames, ...hostNames],
  console: { isBehindProxy: consoleBehindProxy, version },
});
