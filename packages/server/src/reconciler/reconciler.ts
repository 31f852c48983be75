import type { InstanceState, Checkpoint, Effect } from "@sluice/engine";
import { hookScanMilliseconds, scalingScanMilliseconds, scanMilliseconds } from "../choices.ts";
import { instanceStates } from "../gateways/fleet.ts";
import type { Gateways } from "../gateways/gateways.ts";
import { shiftTraffic } from "../gateways/functions.ts";
import { HookRuns } from "../gateways/hook-runs.ts";
import type { EffectOutcome } from "../gateways/outcome.ts";
import { perform } from "../gateways/perform.ts";
import type { DeploymentRecord } from "../store/deployments/records.ts";
import { AlarmWatch } from "./alarm-watch.ts";
import { deliverNotifications } from "./notifications/deliver-notifications.ts";
import { makeFollowUps } from "./follow-ups.ts";
import { cleanUpCopies } from "./scaling/green-cleanup.ts";
import { findFleet } from "./find-fleet.ts";
import { FleetQueries } from "./fleet-queries.ts";
import { startLifecycleDeployments } from "./scaling/lifecycle-actions.ts";
import { restoreHooks } from "./scaling/managed-hooks.ts";
import { moveGroup } from "./scaling/move-group.ts";
import { reconcile, type Shell } from "./reconcile.ts";
import { PeriodicTask } from "./periodic-task.ts";
import { SharedHosts } from "./shared-hosts.ts";
import type { ExternalState } from "./observation.ts";
import { EffectDriver } from "./effect-driver.ts";

/** What the reconciler works with. */
export interface ReconcilerOptions extends Pick<
  Shell,
  "store" | "clock" | "region" | "accountId" | "wakeHosts" | "log"
> {
  readonly gateways: Gateways;
  /** When a host's agent was last heard of, in milliseconds since the epoch. */
  readonly lastSeen: (host: string) => number | undefined;
  /** Where events of the bus are posted; absent when nobody listens. */
  readonly eventsUrl?: string | undefined;
  /** How many seconds of the waits that deployments were told to make pass in one; absent, one. */
  readonly timeScale?: number | undefined;
  /** Told of what a person should know, and no deployment shows. */
  readonly warn: (about: Readonly<Record<string, string>>, message: string) => void;
  /** Told of a pass that failed; the next scan tries again. */
  readonly onDefect: (error: unknown, about: string) => void;
}

/** Keeps every live deployment moving: one pass at a time for each, at once after a hint, and every second without one. Looks after the Auto Scaling groups of deployment groups beside that. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #shell: Shell;
  readonly #effects: EffectDriver;
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  /** Deployments whose pass has not looked yet: it will see what a further hint is about. */
  readonly #waiting = new Set<string>();
  readonly #tasks: PeriodicTask[];
  readonly #hooks = new HookRuns();
  readonly #alarms: AlarmWatch;
  readonly #sharedHosts = new SharedHosts();
  /** Not after a start, nor when a pass has been undone that had gone to a host, or left it. */
  #isSharedHostsKnown = false;
  #states: Readonly<Record<string, InstanceState>> = {};

  constructor(options: ReconcilerOptions) {
    const { store, clock, region, accountId, gateways } = options;
    this.#options = options;
    const wake = (id: string) => this.wake(id);
    const looks = new FleetQueries(options);
    this.#effects = new EffectDriver({
      store,
      clock,
      perform: (record, effect, checkpoint) => this.#perform(record, effect, checkpoint),
      wake,
      onDefect: options.onDefect,
    });
    this.#shell = {
      ...options,
      hasEventBus: options.eventsUrl !== undefined,
      wake,
      externalStateOf: (id) => this.#externalStateOf(id),
      onCommit: ({ deployment, targets, now }) => this.#sharedHosts.record(deployment, targets, now),
      findFleet: (group, record, which) =>
        looks.run(record.id, which, () =>
          findFleet(group, record, { which, store, region, accountId, clients: this.#clientsOf(record) }),
        ),
      driveEffects: (id) => this.#effects.drive(id),
    };
    store.onRollback(() => void (this.#isSharedHostsKnown = false));
    this.#alarms = new AlarmWatch({ store, clock, clientsOf: (record) => this.#clientsOf(record) });
    const hooks = { store, gateways };
    const onDefect = (error: unknown) => options.onDefect(error, "");
    const memory = { warned: new Set<string>(), heartbeats: new Map<string, number>() };
    this.#tasks = [
      new PeriodicTask(scanMilliseconds, () => this.#scan(), onDefect),
      new PeriodicTask(
        scalingScanMilliseconds,
        () => startLifecycleDeployments({ ...options, wake, ...memory }),
        onDefect,
      ),
      new PeriodicTask(scanMilliseconds, () => deliverNotifications(options), onDefect),
      new PeriodicTask(scalingScanMilliseconds, () => makeFollowUps(this.#shell), onDefect),
      new PeriodicTask(scalingScanMilliseconds, () => cleanUpCopies(options), onDefect),
      new PeriodicTask(hookScanMilliseconds, () => this.#restoreHooks(hooks), onDefect),
    ];
  }

  /** Begins to scan; the first scan picks up what an earlier process left. */
  start(): void {
    for (const round of this.#tasks) round.start();
  }

  /** A hint that a deployment may have something to do. What is being written when it comes is seen by the pass. */
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

  /** Stops scanning and lets passes under way end. */
  async close(): Promise<void> {
    await Promise.all(this.#tasks.map((round) => round.close()));
    this.#hooks.close();
    await this.#effects.close();
    this.#again.clear();
    await Promise.allSettled(this.#running.values());
  }

  #externalStateOf(id: string): ExternalState {
    const { lastSeen, timeScale } = this.#options;
    if (!this.#isSharedHostsKnown) this.#recordLive();
    return {
      timeScale,
      instanceStates: this.#states,
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

  async #perform(record: DeploymentRecord, effect: Effect, checkpoint: Checkpoint | undefined): Promise<EffectOutcome> {
    const { store, gateways, clock } = this.#options;
    const clients = this.#clientsOf(record);
    switch (effect.kind) {
      case "move deployment group":
        return moveGroup({ store, gateways }, record, effect);
      case "run hook":
        return this.#hooks.ask(clients, effect);
      case "shift traffic":
        return shiftTraffic(clients, effect, { checkpoint, now: clock() });
      default:
        return perform(clients, effect, checkpoint);
    }
  }

  #clientsOf({ groupId, request }: DeploymentRecord) {
    const { store, gateways } = this.#options;
    return gateways.as(store.groups.byId(groupId)?.settings.serviceRoleArn ?? request.serviceRoleArn ?? "");
  }

  async #scan(): Promise<void> {
    const live = this.#options.store.deployments.live();
    this.#sharedHosts.keepOnly(new Set(live), this.#options.clock());
    try {
      this.#states = await this.#statesOf(live);
      await this.#alarms.refresh(live);
    } catch (error) {
      this.#options.onDefect(error, "");
    }
    for (const id of live) this.wake(id);
  }

  async #statesOf(deploymentIds: readonly string[]): Promise<Readonly<Record<string, InstanceState>>> {
    const { store } = this.#options;
    const states: Record<string, InstanceState> = {};
    for (const id of deploymentIds) {
      const record = store.deployments.byId(id);
      const targets = store.deployments.targets(id).filter(({ status, arn }) => status === "InProgress" && isEc2(arn));
      if (record === undefined || targets.length === 0) continue;
      const ids = targets.map((target) => target.id);
      try {
        Object.assign(states, await instanceStates(this.#clientsOf(record), ids));
      } catch (error) {
        this.#options.onDefect(error, id); // one group's role says nothing of the others' instances
      }
    }
    return states;
  }

  async #restoreHooks(hooks: Parameters<typeof restoreHooks>[0]): Promise<void> {
    for (const { scalingGroup, name } of await restoreHooks(hooks))
      this.#options.warn(
        { scalingGroup },
        `The hook ${name} had been removed from ${scalingGroup}: another has taken its place`,
      );
  }
}

const isEc2 = (arn: string): boolean => arn.startsWith("arn:aws:ec2:");
