import type { InstanceState, Noted, Work } from "@sluice/engine";
import { hookScanMilliseconds, scalingScanMilliseconds, scanMilliseconds } from "../choices.ts";
import { instanceStates } from "../gateways/fleet.ts";
import type { Gateways } from "../gateways/gateways.ts";
import { shiftTraffic } from "../gateways/functions.ts";
import { HookRuns } from "../gateways/hook-runs.ts";
import type { WorkOutcome } from "../gateways/outcome.ts";
import { perform } from "../gateways/perform.ts";
import type { DeploymentRecord } from "../store/deployments.ts";
import { AlarmWatch } from "./alarm-watch.ts";
import { deliverNotifications } from "./deliver-notifications.ts";
import { makeFollowUps } from "./follow-ups.ts";
import { cleanUpCopies } from "./green-cleanup.ts";
import { findFleet } from "./find-fleet.ts";
import { FleetLooks } from "./fleet-looks.ts";
import { takeUpActions } from "./lifecycle-actions.ts";
import { restoreHooks } from "./managed-hooks.ts";
import { moveGroup } from "./move-group.ts";
import { reconcile, type Shell } from "./reconcile.ts";
import { Round } from "./round.ts";
import { SharedHosts } from "./shared-hosts.ts";
import type { Seen } from "./world.ts";
import { ServiceWork } from "./service-work.ts";

/** What the reconciler works with. */
export interface ReconcilerOptions extends Pick<
  Shell,
  "store" | "clock" | "region" | "accountId" | "wakeHosts" | "log"
> {
  readonly gateways: Gateways;
  /** When a host's agent was last heard of, in milliseconds since the epoch. */
  readonly lastHeard: (host: string) => number | undefined;
  /** Where events of the bus are posted; absent when nobody listens. */
  readonly eventsUrl?: string;
  /** How many seconds of the waits that deployments were told to make pass in one; absent, one. */
  readonly timeScale?: number | undefined;
  /** Told of what a person should know, and no deployment shows. */
  readonly say: (about: Readonly<Record<string, string>>, message: string) => void;
  /** Told of a pass that failed; the next scan tries again. */
  readonly onDefect: (error: unknown, about: string) => void;
}

/** Keeps every live deployment moving: one pass at a time for each, at once after a hint, and every second without one. Looks after the Auto Scaling groups of deployment groups beside that. */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #shell: Shell;
  readonly #work: ServiceWork;
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  /** Deployments whose pass has not looked yet: it will see what a further hint is about. */
  readonly #waiting = new Set<string>();
  readonly #rounds: Round[];
  readonly #hooks = new HookRuns();
  readonly #alarms: AlarmWatch;
  readonly #shared = new SharedHosts();
  /** Not after a start, nor when a pass has been undone that had gone to a host, or left it. */
  #isSharedKnown = false;
  #states: Readonly<Record<string, InstanceState>> = {};

  constructor(options: ReconcilerOptions) {
    const { store, clock, region, accountId, gateways } = options;
    this.#options = options;
    const wake = (id: string) => this.wake(id);
    const looks = new FleetLooks(options);
    this.#work = new ServiceWork({
      store,
      clock,
      perform: (record, work, noted) => this.#perform(record, work, noted),
      wake,
      onDefect: options.onDefect,
    });
    this.#shell = {
      ...options,
      hasEventBus: options.eventsUrl !== undefined,
      wake,
      look: (id) => this.#look(id),
      moved: ({ deployment, targets, now }) => this.#shared.note(deployment, targets, now),
      findFleet: (group, record, which) =>
        looks.take(record.id, which, () =>
          findFleet(group, record, { which, store, region, accountId, clients: this.#clientsOf(record) }),
        ),
      pursueWork: (id) => this.#work.pursue(id),
    };
    store.onUndone(() => void (this.#isSharedKnown = false));
    this.#alarms = new AlarmWatch({ store, clock, clientsOf: (record) => this.#clientsOf(record) });
    const keeper = { store, gateways };
    const onDefect = (error: unknown) => options.onDefect(error, "");
    const told = { said: new Set<string>(), beats: new Map<string, number>() };
    this.#rounds = [
      new Round(scanMilliseconds, () => this.#scan(), onDefect),
      new Round(scalingScanMilliseconds, () => takeUpActions({ ...options, wake, ...told }), onDefect),
      new Round(scanMilliseconds, () => deliverNotifications(options), onDefect),
      new Round(scalingScanMilliseconds, () => makeFollowUps(this.#shell), onDefect),
      new Round(scalingScanMilliseconds, () => cleanUpCopies(options), onDefect),
      new Round(hookScanMilliseconds, () => this.#restoreHooks(keeper), onDefect),
    ];
  }

  /** Begins to scan; the first scan picks up what an earlier process left. */
  start(): void {
    for (const round of this.#rounds) round.start();
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
    await Promise.all(this.#rounds.map((round) => round.close()));
    this.#hooks.close();
    await this.#work.close();
    this.#again.clear();
    await Promise.allSettled(this.#running.values());
  }

  #look(id: string): Seen {
    const { lastHeard, timeScale } = this.#options;
    if (!this.#isSharedKnown) this.#noteLive();
    return {
      timeScale,
      instanceStates: this.#states,
      ...this.#alarms.seen(id),
      neighbour: ({ hostIdentifier }) => this.#shared.neighbourOf(id, hostIdentifier),
      lastSeen: ({ hostIdentifier }) => lastHeard(hostIdentifier),
    };
  }

  #noteLive(): void {
    const { store, clock } = this.#options;
    for (const id of store.deployments.live()) {
      const record = store.deployments.byId(id);
      if (record !== undefined) this.#shared.note(record.state, store.deployments.targets(id), clock());
    }
    this.#isSharedKnown = true;
  }

  async #perform(record: DeploymentRecord, work: Work, noted: Noted | undefined): Promise<WorkOutcome> {
    const { store, gateways, clock } = this.#options;
    const clients = this.#clientsOf(record);
    switch (work.work) {
      case "move deployment group":
        return moveGroup({ store, gateways }, record, work);
      case "run hook":
        return this.#hooks.ask(clients, work);
      case "shift traffic":
        return shiftTraffic(clients, work, { noted, now: clock() });
      default:
        return perform(clients, work, noted);
    }
  }

  #clientsOf({ groupId, request }: DeploymentRecord) {
    const { store, gateways } = this.#options;
    return gateways.as(store.groups.byId(groupId)?.settings.serviceRoleArn ?? request.serviceRoleArn ?? "");
  }

  async #scan(): Promise<void> {
    const live = this.#options.store.deployments.live();
    this.#shared.keepOnly(new Set(live), this.#options.clock());
    try {
      this.#states = await this.#statesOf(live);
      await this.#alarms.look(live);
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

  async #restoreHooks(keeper: Parameters<typeof restoreHooks>[0]): Promise<void> {
    for (const { scalingGroup, name } of await restoreHooks(keeper))
      this.#options.say(
        { scalingGroup },
        `The hook ${name} had been removed from ${scalingGroup}: another has taken its place`,
      );
  }
}

const isEc2 = (arn: string): boolean => arn.startsWith("arn:aws:ec2:");
