import type { Diagnostics, EventStatus } from "@sluice/engine";
import type { CommandRecord } from "../store/deployments/outbox.ts";
import type { Store } from "../store/index.ts";
import type { HeldPolls } from "./polls.ts";

export interface ReportContext {
  readonly store: Store;
  readonly clock: () => number;
  readonly polls: HeldPolls;
  /** When each command was last handed out by this process; after a restart all of them are handed out again. */
  readonly handedOut: Map<string, number>;
  readonly wake: (deploymentId: string) => void;
}

/**
 * Records that a host has acknowledged its command. Returns the command's status: the host must run it only if that is
 * InProgress.
 */
export async function acknowledge(
  context: ReportContext,
  { id: commandId, ...command }: CommandRecord,
): Promise<"InProgress" | "Succeeded" | "Failed"> {
  const { store, clock, polls, handedOut, wake } = context;
  const { deploymentId, host } = command;
  polls.recordContact(host);
  const written = store.write(() => {
    const now = statusOf(store, command);
    if (now === "InProgress") return now; // it has been acknowledged before
    if (now !== "Pending") return now === "Succeeded" ? "Succeeded" : "Failed";
    store.commands.addReport({ commandId, at: clock(), kind: "acknowledged" }, deploymentId);
    return "InProgress";
  });
  wake(deploymentId); // the pass shares the transaction
  const status = await written;
  handedOut.delete(commandId);
  return status;
}

/** Records the outcome of a command. The first report counts; a later one is not an error (agent.md §0.3). */
export async function complete(
  context: ReportContext,
  { id: commandId, ...command }: CommandRecord,
  { status, diagnostics }: { readonly status: "Succeeded" | "Failed"; readonly diagnostics: Diagnostics },
): Promise<void> {
  const { store, clock, polls, handedOut, wake } = context;
  const { deploymentId, host } = command;
  polls.recordContact(host);
  const written = store.write(() => {
    const now = statusOf(store, command);
    if (now === undefined || now === status) return; // its target has been deleted, or this is a repetition
    store.commands.addReport({ commandId, at: clock(), kind: "completed", status, diagnostics }, deploymentId);
  });
  wake(deploymentId);
  await written;
  handedOut.delete(commandId);
}

/** Returns the status of a command's event; undefined when its target has been deleted. */
export function statusOf(
  store: Store,
  { deploymentId, targetId, event }: Pick<CommandRecord, "deploymentId" | "targetId" | "event">,
): EventStatus | undefined {
  const target = store.deployments.target(deploymentId, targetId);
  return target?.events.find(({ name }) => name === event)?.status;
}
