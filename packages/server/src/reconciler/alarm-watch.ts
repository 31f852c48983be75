import type { AlarmReading } from "@sluice/engine";
import { Retries } from "../backoff.ts";
import { alarmPollMilliseconds, alarmSilenceMilliseconds } from "../limits.ts";
import { readAlarms } from "../gateways/alarms.ts";
import type { Clients } from "../gateways/clients.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import type { Store } from "../store/index.ts";

export interface AlarmWatchOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly clientsOf: (record: DeploymentRecord) => Clients;
}

/**
 * The alarms of live deployments, as last read: at once when a deployment is new, then every ten seconds. A reading
 * that fails for a reason which may pass is retried sooner; until then the last one remains valid, for a minute.
 */
export class AlarmWatch {
  readonly #options: AlarmWatchOptions;
  readonly #readings = new Map<string, { readonly at: number; readonly reading: AlarmReading }>();
  readonly #retries: Retries;

  constructor(options: AlarmWatchOptions) {
    this.#options = options;
    this.#retries = new Retries(options.clock);
  }

  /** Returns the last reading for a deployment. */
  readingOf(deploymentId: string): AlarmReading | undefined {
    return this.#readings.get(deploymentId)?.reading;
  }

  /** Reads the alarms of these deployments where a reading is due, and forgets the others. */
  async refresh(live: readonly string[]): Promise<void> {
    const { store, clock } = this.#options;
    for (const id of this.#readings.keys()) if (!live.includes(id)) this.#readings.delete(id);
    for (const id of live) {
      const last = this.#readings.get(id)?.at ?? Number.NEGATIVE_INFINITY;
      if (clock() < last + alarmPollMilliseconds || !this.#retries.isDue(id)) continue;
      const record = store.deployments.byId(id);
      if (record?.state.alarms !== undefined) await this.#read(record, record.state.alarms.names);
    }
  }

  async #read(record: DeploymentRecord, names: readonly string[]): Promise<void> {
    const { store, clock, clientsOf } = this.#options;
    const { id } = record;
    const reading = await readAlarms(clientsOf(record), names);
    if (!("retry" in reading)) this.#retries.forget(id);
    else if (this.#retries.failed(id) < alarmSilenceMilliseconds) return;
    const now = "retry" in reading ? { unreadable: reading.retry } : reading;
    const before = this.#readings.get(id)?.reading;
    this.#readings.set(id, { at: clock(), reading: now });
    const change = changeOf(before, now);
    if (change === undefined) return;
    await store.write(() => {
      store.events.append({ at: clock(), kind: "alarm", deploymentId: id, actor: "gateway", ...change });
    });
  }
}

/** Returns how a reading differs from the one before; undefined when it says the same. */
function changeOf(before: AlarmReading | undefined, now: AlarmReading) {
  const [from, to] = [before && stateOf(before), stateOf(now)];
  return from?.to === to.to && from.because === to.because ? undefined : { from: from?.to, ...to };
}

function stateOf(reading: AlarmReading): { readonly to: string; readonly because: string } {
  if ("unreadable" in reading) return { to: "Unreadable", because: reading.unreadable };
  const names = reading.active.map(({ name }) => name);
  return names.length === 0
    ? { to: "OK", because: "none of the alarms is active" }
    : { to: "ALARM", because: `active: ${names.join(", ")}` };
}
