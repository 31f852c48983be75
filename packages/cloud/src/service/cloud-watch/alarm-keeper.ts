import type { Records } from "../../store/records.ts";
import type { Alarm, AlarmState } from "./alarm.ts";
import { evaluate, reach } from "./evaluate.ts";
import { keyOf, type Metric, type MetricStore } from "./metric-store.ts";

/** How often all alarms are evaluated, in milliseconds: data may also stop coming. */
const evaluateMilliseconds = 5_000;

interface AlarmKeeperOptions {
  readonly alarms: Records<Alarm>;
  readonly metrics: MetricStore;
  readonly clock: () => number;
  /** Performs one of an alarm's actions, by its ARN, after a change of state. */
  readonly act: (action: string, alarm: Alarm, before: AlarmState) => void;
}

/** Keeps the states of alarms up to date. */
export class AlarmKeeper {
  readonly #options: AlarmKeeperOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AlarmKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#evaluateAll(), evaluateMilliseconds);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Evaluates the alarms of some metrics, which ends a state that was set by hand. */
  dataCame(metrics: readonly Metric[]): void {
    const keys = new Set(metrics.map(keyOf));
    for (const alarm of this.#options.alarms.all()) if (keys.has(keyOf(metricOf(alarm)))) this.evaluate(alarm);
  }

  evaluate(alarm: Alarm): void {
    const now = this.#options.clock();
    const points = this.#options.metrics.points(metricOf(alarm), now - reach(alarm), now + alarm.periodSeconds * 1000);
    const verdict = evaluate(alarm, points, now);
    if (verdict !== undefined && verdict.state !== alarm.state) this.#change(alarm, verdict);
  }

  /** Sets a state by hand. It lasts one period, or until there is new data. */
  set(alarm: Alarm, state: Pick<Alarm, "state" | "reason" | "reasonData">): void {
    this.#change(alarm, { ...state, heldUntil: this.#options.clock() + alarm.periodSeconds * 1000 });
  }

  #evaluateAll(): void {
    const { alarms, metrics, clock } = this.#options;
    const now = clock();
    for (const alarm of alarms.all()) {
      if ((alarm.heldUntil ?? 0) > now) continue;
      // A metric without any data cannot contradict a state that was set by hand.
      const isHeld =
        alarm.heldUntil !== undefined && metrics.points(metricOf(alarm), now - reach(alarm), now).length === 0;
      if (!isHeld) this.evaluate(alarm);
    }
  }

  #change(alarm: Alarm, to: Pick<Alarm, "state" | "reason" | "reasonData" | "heldUntil" | "value">): void {
    const { heldUntil: _, reasonData: __, value: ___, ...rest } = alarm;
    const changed: Alarm = { ...rest, ...to, stateAt: this.#options.clock() };
    this.#options.alarms.put(alarm.name, changed);
    if (alarm.state === changed.state || !alarm.areActionsEnabled) return;
    for (const action of changed.actions[changed.state]) this.#options.act(action, changed, alarm.state);
  }
}

function metricOf({ namespace, metricName, dimensions }: Alarm): Metric {
  return { namespace, name: metricName, dimensions };
}
