import { silenceLimit } from "./time-limits.ts";
import type { Host, World } from "../world.ts";

/**
 * Returns what is wrong with the agent of a host that should be polling: it was never seen, or not for a while.
 * Undefined while it polls, and when `lastSeen` is not known.
 */
export function agentIssueOf({ lastSeen, now }: World, host: Host): string | undefined {
  if (lastSeen === undefined) return undefined;
  const seen = lastSeen(host);
  if (seen === undefined) return "its agent has never been seen";
  return now - seen < silenceLimit ? undefined : `its agent was last seen at ${new Date(seen).toISOString()}`;
}
