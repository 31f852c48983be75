import type { Diagnostics, EventStatus } from "@sluice/engine";
import type { CommandRecord } from "../store/deployments/outbox.ts";
import type { Store } from "../store/index.ts";
import type { HeldPolls } from "./polls.ts";

/** What hosts' reports are taken down with. */
export interface ReportContext {
  readonly store: Store;
  readonly clock: () => number;
  readonly polls: HeldPolls;
  /** When commands were handed out, in this process's life: after a restart all are handed out again. */
  readonly handedOut: Map<string, number>;
  readonly wake: (deploymentId: string) => void;
}

/** A host has picked its command up. Gives what the command has come to: only one that is InProgress is to be run. */
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

/** A host has run its command. The first report stands; a later one is no error (agent.md §0.3). */
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
    if (now === undefined || now === status) return; // its target has gone, or it has been said before
    store.commands.addReport({ commandId, at: clock(), kind: "completed", status, diagnostics }, deploymentId);
  });
  wake(deploymentId);
  await written;
  handedOut.delete(commandId);
}

/** The status of the event that a command is about; undefined when its target has gone. */
export function statusOf(
  store: Store,
  { deploymentId, targetId, event }: Pick<CommandRecord, "deploymentId" | "targetId" | "event">,
): EventStatus | undefined {
  const target = store.deployments.target(deploymentId, targetId);
  return target?.events.find(({ name }) => name === event)?.status;
}
