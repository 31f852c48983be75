import { scanMilliseconds } from "../limits.ts";
import type { Gateways } from "../gateways/gateways.ts";
import { HookRuns } from "../gateways/hook-runs.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import { AlarmWatch } from "./alarm-watch.ts";
import { BackgroundTasks } from "./background-tasks.ts";
import { EffectDriver } from "./effect-driver.ts";
import { findFleet } from "./find-fleet.ts";
import { FleetQueries } from "./fleet-queries.ts";
import { InstanceWatch } from "./instance-watch.ts";
import type { ExternalState } from "./observation.ts";
import { performEffect } from "./perform-effect.ts";
import { PeriodicTask } from "./periodic-task.ts";
import { reconcile, type Shell } from "./reconcile.ts";
import { SharedHosts } from "./shared-hosts.ts";

export interface ReconcilerOptions extends Pick<
  Shell,
  "store" | "clock" | "region" | "accountId" | "wakeHosts" | "log" | "onPass"
> {
  readonly gateways: Gateways;
  /** When a host's agent was last seen, in milliseconds since the epoch. */
  readonly lastSeen: (host: string) => number | undefined;
  /** Where the event bus's events are posted, if anywhere. */
  readonly eventsUrl?: string | undefined;
  /** How many seconds of a deployment's waits pass in one; undefined: one. */
  readonly timeScale?: number | undefined;
  /** Warns an operator of what no deployment shows. */
  readonly warn: (about: Readonly<Record<string, string>>, message: string) => void;
  /** Receives the error of a pass that failed; the next scan tries again. */
  readonly onDefect: (error: unknown, about: string) => void;
}

/**
 * Keeps every live deployment moving: one pass at a time for each, at once after a hint, and every second without one.
 * What the control plane does beside deployments is in BackgroundTasks.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #shell: Shell;
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  /** Deployments whose pass has not read the world yet: it will see what a further hint is about. */
  readonly #waiting = new Set<string>();
  readonly #scan: PeriodicTask;
  readonly #background: BackgroundTasks;
  readonly #effects: EffectDriver;
  readonly #hookRuns = new HookRuns();
  readonly #alarms: AlarmWatch;
  readonly #instances: InstanceWatch;
  readonly #sharedHosts = new SharedHosts();
  /** False after a start, and after the rollback of a pass that had come to a host, or left it. */
  #isSharedHostsKnown = false;

  constructor(options: ReconcilerOptions) {
    const { store, clock, region, accountId, onDefect } = options;
    this.#options = options;
    const wake = (id: string) => this.wake(id);
    const queries = new FleetQueries(options);
    const clientsOf = (record: DeploymentRecord) => this.#clientsOf(record);
    this.#effects = new EffectDriver({
      store,
      clock,
      perform: (record, effect, checkpoint) => performEffect(this.#effectContext(record), effect, checkpoint),
      wake,
      onDefect,
    });
    this.#shell = {
      ...options,
      hasEventBus: options.eventsUrl !== undefined,
      wake,
      externalStateOf: (id) => this.#externalStateOf(id),
      onCommit: ({ deployment, targets, now }) => this.#sharedHosts.record(deployment, targets, now),
      findFleet: (group, record, query) =>
        queries.run(record.id, query, () =>
          findFleet(group, record, { query, store, region, accountId, clients: clientsOf(record) }),
        ),
      driveEffects: (id) => this.#effects.drive(id),
    };
    store.onRollback(() => void (this.#isSharedHostsKnown = false));
    this.#alarms = new AlarmWatch({ store, clock, clientsOf });
    this.#instances = new InstanceWatch({ store, clientsOf, onDefect });
    this.#scan = new PeriodicTask(
      scanMilliseconds,
      () => this.#scanLive(),
      (error) => onDefect(error, ""),
    );
    this.#background = new BackgroundTasks({ ...options, wake, findFleet: this.#shell.findFleet });
  }

  /** Begins to scan; the first scan picks up what an earlier process left. */
  start(): void {
    this.#scan.start();
    this.#background.start();
  }

  /** How many passes have been asked for and have not begun, and how many effects are being performed. */
  queues(): { readonly passes: number; readonly effects: number } {
    return { passes: this.#waiting.size + this.#again.size, effects: this.#effects.inFlight };
  }

  /** A hint that a deployment may have something to do. The pass sees what is being written when the hint comes. */
  wake(deploymentId: string): void {
    if (this.#waiting.has(deploymentId)) return;
    if (this.#running.has(deploymentId)) {
      this.#again.add(deploymentId);
      return;
    }
    this.#waiting.add(deploymentId);
    const pass = reconcile(deploymentId, this.#shell, () => this.#waiting.delete(deploymentId))
      .catch((error: unknown) => this.#options.onDefect(error, deploymentId))
      .finally(() => {
        this.#waiting.delete(deploymentId);
        this.#running.delete(deploymentId);
        if (this.#again.delete(deploymentId)) this.wake(deploymentId);
      });
    this.#running.set(deploymentId, pass);
  }

  /** Stops scanning, and resolves when the passes in progress have ended. */
  async close(): Promise<void> {
    await Promise.all([this.#scan.close(), this.#background.close()]);
    this.#hookRuns.close();
    await this.#effects.close();
    this.#again.clear();
    await Promise.allSettled(this.#running.values());
  }

  async #scanLive(): Promise<void> {
    const { store, clock, onDefect } = this.#options;
    const live = store.deployments.live();
    this.#sharedHosts.keepOnly(new Set(live), clock());
    try {
      await this.#instances.refresh(live);
      await this.#alarms.refresh(live);
    } catch (error) {
      onDefect(error, "");
    }
    for (const id of live) this.wake(id);
  }

  #externalStateOf(id: string): ExternalState {
    const { lastSeen, timeScale } = this.#options;
    if (!this.#isSharedHostsKnown) this.#recordLive();
    return {
      timeScale,
      instanceStates: this.#instances.states,
      alarms: this.#alarms.readingOf(id),
      contention: ({ hostIdentifier }) => this.#sharedHosts.contentionOf(id, hostIdentifier),
      lastSeen: ({ hostIdentifier }) => lastSeen(hostIdentifier),
    };
  }

  #recordLive(): void {
    const { store, clock } = this.#options;
    for (const id of store.deployments.live()) {
      const record = store.deployments.byId(id);
      if (record !== undefined) this.#sharedHosts.record(record.state, store.deployments.targets(id), clock());
    }
    this.#isSharedHostsKnown = true;
  }

  #effectContext(record: DeploymentRecord) {
    const { clock } = this.#options;
    const clients = this.#clientsOf(record);
    return { clients, record, hooks: this.#options, hookRuns: this.#hookRuns, now: clock() };
  }

  #clientsOf({ groupId, request }: DeploymentRecord) {
    const { store, gateways } = this.#options;
    return gateways.as(store.groups.byId(groupId)?.settings.serviceRoleArn ?? request.serviceRoleArn ?? "");
  }
}
