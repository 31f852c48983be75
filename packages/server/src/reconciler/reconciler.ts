import type { InstanceState } from "@sluice/engine";
import { scanMilliseconds } from "../choices.ts";
import { reconcile, type Shell } from "./reconcile.ts";

/** What the reconciler works with. */
export interface ReconcilerOptions extends Omit<Shell, "instanceStates"> {
  /** Asks for the states of instances by id. */
  readonly findStates: (instanceIds: readonly string[]) => Promise<Readonly<Record<string, InstanceState>>>;
  /** Told of a pass that failed; the next scan tries again. */
  readonly onDefect: (error: unknown, deploymentId: string) => void;
}

/** Keeps every live deployment moving: one pass at a time for each, at once after a hint, and every second without one. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #shell: Shell;
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  #states: Readonly<Record<string, InstanceState>> = {};
  #timer: NodeJS.Timeout | undefined;
  #scanning: Promise<void> = Promise.resolve();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#shell = { ...options, instanceStates: () => this.#states };
  }

  /** Begins to scan; the first scan picks up what an earlier process left. */
  start(): void {
    this.#timer = setTimeout(
      () => {
        this.#scanning = this.#scan().finally(() => {
          if (this.#timer !== undefined) this.start();
        });
      },
      this.#timer === undefined ? 0 : scanMilliseconds,
    );
  }

  /** A hint that a deployment may have something to do. */
  wake(deploymentId: string): void {
    if (this.#running.has(deploymentId)) {
      this.#again.add(deploymentId);
      return;
    }
    const pass = reconcile(deploymentId, this.#shell)
      .catch((error: unknown) => this.#options.onDefect(error, deploymentId))
      .finally(() => {
        this.#running.delete(deploymentId);
        if (this.#again.delete(deploymentId)) this.wake(deploymentId);
      });
    this.#running.set(deploymentId, pass);
  }

  /** Stops scanning and lets passes under way end. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#scanning;
    this.#again.clear();
    await Promise.allSettled(this.#running.values());
  }

  async #scan(): Promise<void> {
    const { store } = this.#options;
    const live = store.deployments.live();
    try {
      const ids = live
        .flatMap((id) => store.deployments.targets(id).filter(({ status }) => status === "InProgress"))
        .map(({ id }) => id);
      this.#states = ids.length === 0 ? {} : await this.#options.findStates(ids);
    } catch (error) {
      this.#options.onDefect(error, "");
    }
    for (const id of live) this.wake(id);
  }
}
