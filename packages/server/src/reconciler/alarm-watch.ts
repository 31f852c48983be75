import type { AlarmReading } from "@sluice/engine";
import { alarmPollMilliseconds } from "../choices.ts";
import { readAlarms } from "../gateways/alarms.ts";
import type { Clients } from "../gateways/clients.ts";
import type { DeploymentRecord } from "../store/deployments.ts";
import type { Store } from "../store/index.ts";
import type { Seen } from "./world.ts";

/** What alarms are read with. */
export interface AlarmWatchOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly clientsOf: (record: DeploymentRecord) => Clients;
}

/** The alarms of live deployments as last read: at once when a deployment is new, then every ten seconds. */
export class AlarmWatch {
  readonly #options: AlarmWatchOptions;
  readonly #readings = new Map<string, { readonly at: number; readonly reading: AlarmReading }>();

  constructor(options: AlarmWatchOptions) {
    this.#options = options;
  }

  /** What was last read for a deployment. */
  seen(deploymentId: string): Pick<Seen, "alarms"> {
    const found = this.#readings.get(deploymentId);
    return found === undefined ? {} : { alarms: found.reading };
  }

  /** Reads what is due for these deployments, and forgets the others. */
  async look(live: readonly string[]): Promise<void> {
    const { store, clock, clientsOf } = this.#options;
    for (const id of this.#readings.keys()) if (!live.includes(id)) this.#readings.delete(id);
    for (const id of live) {
      const last = this.#readings.get(id)?.at ?? Number.NEGATIVE_INFINITY;
      const record = clock() < last + alarmPollMilliseconds ? undefined : store.deployments.byId(id);
      if (record?.state.alarms === undefined) continue;
      const reading = await readAlarms(clientsOf(record), record.state.alarms.names);
      this.#readings.set(id, { at: clock(), reading });
    }
  }
}
