import type { Forecast } from "@sluice/engine";
import type { AuditLog } from "../../audit/audit-log.ts";
import type { HostFacts } from "../../event-log/host-presence.ts";
import type { Store } from "../../store/index.ts";

/** A line that a script has printed. */
export interface ScriptLine {
  readonly position: number;
  readonly target: string;
  readonly event: string;
  readonly script?: string | undefined;
  readonly stream?: "stdout" | "stderr" | undefined;
  readonly line: number;
  readonly at: number;
  readonly text: string;
}

/** What is asked of the logs of scripts. */
export interface ScriptLogReader {
  count(of: {
    readonly deploymentId: string;
    readonly target?: string | undefined;
    readonly event?: string | undefined;
  }): number;
  read(filter: {
    readonly deploymentId: string;
    readonly target?: string | undefined;
    readonly event?: string | undefined;
    readonly search?: string | undefined;
    readonly after?: number | undefined;
    readonly before?: number | undefined;
    readonly fromEnd?: boolean | undefined;
    readonly limit?: number | undefined;
  }): { readonly lines: readonly ScriptLine[]; readonly next?: number | undefined };
  /** Calls a listener when lines have been kept. Returns the way to end that. */
  subscribe(listener: (news: { readonly deploymentId: string }) => void): () => void;
}

/** What snapshots are made of. */
export interface SnapshotContext {
  readonly store: Store;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  /** When a host's agent was last seen, by the identifier with which it polls. */
  readonly lastSeen: (host: string) => number | undefined;
  /** What is known of the agents that this process has seen, by that identifier. */
  readonly presence: {
    factsOf(host: string): HostFacts | undefined;
    all(): ReadonlyMap<string, HostFacts>;
  };
  /** What scripts have printed, where hosts send it. */
  readonly scriptLogs?: ScriptLogReader | undefined;
  /** How the rest of a live deployment goes if all goes well; undefined when that cannot be told. */
  readonly foretell?: ((id: string) => Forecast | undefined) | undefined;
  readonly audit: Pick<AuditLog, "readByFilter">;
}
