import type { Forecast } from "@sluice/engine";
import type { AuditLog } from "../../audit/audit-log.ts";
import type { HostFacts } from "../../event-log/host-presence.ts";
import type { ScriptLogs } from "../../store/script-logs.ts";
import type { Store } from "../../store/index.ts";

/** What is asked of the logs of scripts. */
export type ScriptLogReader = Pick<ScriptLogs, "count" | "read" | "subscribe">;

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
