import { forecast, type Forecast, isOver, type World } from "@sluice/engine";
import type { Store } from "../store/index.ts";
import { assumptionsOf, copyOf } from "./assumed.ts";
import { knownDurations, type KnownDurations } from "./known-durations.ts";

/** How long a forecast of a deployment that moves on is good enough, in milliseconds. */
const freshMilliseconds = 5_000;

/** How many deployments are remembered. */
const rememberedMax = 64;

interface Remembered {
  readonly at: number;
  readonly known: KnownDurations;
  readonly forecast: Forecast;
}

export interface ForecastsOptions {
  readonly store: Store;
  readonly clock: () => number;
  readonly timeScale?: number | undefined;
}

/**
 * How the rest of live deployments goes if all goes well. A forecast of a thousand hosts takes some tenths of a second,
 * so one that is a few seconds old serves all who ask.
 */
export class Forecasts {
  readonly #options: ForecastsOptions;
  readonly #remembered = new Map<string, Remembered>();

  constructor(options: ForecastsOptions) {
    this.#options = options;
  }

  /** Returns the forecast of a live deployment; undefined when it is over, unknown, or depends on what nobody knows. */
  of(deploymentId: string): Forecast | undefined {
    const { store, clock, timeScale } = this.#options;
    const record = store.deployments.byId(deploymentId);
    if (record === undefined || isOver(record.state)) {
      this.#remembered.delete(deploymentId);
      return undefined;
    }
    const now = clock();
    const last = this.#remembered.get(deploymentId);
    if (last !== undefined && now < last.at + freshMilliseconds) return last.forecast;
    const known = last?.known ?? knownDurations(store, record.groupId);
    const fleets = store.deployments.fleets(deploymentId);
    const found = (query: keyof typeof fleets) => {
      const fleet = fleets[query];
      return fleet !== undefined && "found" in fleet ? fleet.found : undefined;
    };
    const selected = found("selected");
    const isCopied = record.state.blueGreen?.copyName !== undefined;
    const replacement = found("replacement") ?? (isCopied ? copyOf(selected ?? []) : undefined);
    const world: World = {
      now,
      timeScale,
      deployment: record.state,
      targets: store.deployments.targets(deploymentId),
      reports: [],
      fleets,
      alarms: record.state.alarms === undefined ? undefined : { active: [] },
      instanceStates: {},
    };
    const assumed = {
      known,
      fleets: { selected, replacement, selectedAgain: selected, replacementAgain: replacement },
    };
    const made = forecast(world, assumptionsOf(assumed));
    this.#remember(deploymentId, { at: now, known, forecast: made });
    return made;
  }

  #remember(deploymentId: string, made: Remembered): void {
    this.#remembered.delete(deploymentId);
    this.#remembered.set(deploymentId, made);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > rememberedMax && oldest !== undefined) this.#remembered.delete(oldest);
  }
}
