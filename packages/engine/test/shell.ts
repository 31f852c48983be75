// The shell around the engine, in memory: it keeps one deployment group, its hosts and its deployments, and makes passes over them.
import {
  type AlarmReading,
  type Report,
  type InitialDeployment,
  bringsRevision,
  commandId,
  decide,
  type Decision,
  type Deployment,
  type Diagnostics,
  evolveAll,
  type Fleet,
  type FleetMember,
  healthAfter,
  type Host,
  type HostMemory,
  type InstanceState,
  isOver,
  type LifecycleEvent,
  type LifecycleEventName,
  type HostContention,
  newDeployment,
  type Checkpoint,
  revisionHealth,
  type Rollback,
  rollback,
  type World,
} from "../src/index.ts";

/** Settings of a deployment that differ from the defaults. */
export type Settings = Partial<Omit<InitialDeployment, "id" | "createTime">>;

/** Returns diagnostics as agents send them. */
export const diagnosticsOf = (errorCode: Diagnostics["errorCode"]): Diagnostics => ({
  errorCode,
  scriptName: errorCode === "Success" ? "" : "scripts/run.sh",
  message: errorCode === "Success" ? "Succeeded" : `${errorCode} in scripts/run.sh`,
  logTail: "",
});

/** The predefined configurations, by the words of scenarios. */
export const predefined = {
  OneAtATime: { type: "MOST_CONCURRENCY", value: 1 },
  HalfAtATime: { type: "FLEET_PERCENT", value: 50 },
  AllAtOnce: { type: "FLEET_PERCENT", value: 0 },
} as const satisfies Record<string, Deployment["minimumHealthyHosts"]>;

/** The content of a report, of a host or a gateway. */
type ReportContent = Report extends infer Kind ? (Kind extends Report ? Omit<Kind, "commandId" | "at"> : never) : never;

/** One deployment group with its hosts; deployments follow one another in it. */
export class Shell {
  world: World;
  now = 0;
  readonly memories: Record<string, HostMemory<string>> = {};
  readonly hosts = new Map<string, InstanceState>();
  /** Hosts of the replacement fleet, when there is one. */
  replacement: readonly string[] = [];
  readonly zones = new Map<string, string>();
  /** What the next deployment brings; each brings its own unless it is told. */
  revision: string | undefined;
  /** Other deployments on these hosts. */
  readonly contention: Record<string, HostContention> = {};
  /** When agents were last heard of, if anybody keeps count. */
  lastSeen: Record<string, number> | undefined;
  /** The next reading of the alarms. */
  alarms: AlarmReading | undefined;
  lastSuccessful: string | undefined;
  #deployments = 0;
  #lastReport: Report | undefined;

  constructor() {
    this.world = this.#newWorld({});
  }

  /** Hosts that the group selects from now on. */
  select(ids: readonly string[]): void {
    this.hosts.clear();
    for (const id of ids) this.hosts.set(id, "running");
  }

  /** Creates the group's next deployment and makes the first pass over it. */
  deploy(settings: Settings = {}): readonly Decision[] {
    this.#deployments += 1;
    this.world = this.#newWorld(settings);
    return this.pass();
  }

  /** Makes a pass: observe, decide, commit. A fleet query is answered at once. */
  pass(): readonly Decision[] {
    const seen = this.lastSeen;
    const world = {
      ...this.world,
      now: this.now,
      instanceStates: Object.fromEntries(this.hosts),
      alarms: this.alarms,
      lastSeen: seen === undefined ? undefined : ({ id }: Host) => seen[id],
      contention: ({ id }: Host) => this.contention[id],
    };
    const wasOver = isOver(world.deployment);
    const decisions = decide(world);
    this.world = evolveAll(world, decisions);
    if (isOver(this.world.deployment) && !wasOver) this.#remember();
    const last = decisions.at(-1);
    if (last?.do !== "look up fleet") return decisions;
    const found = this.#fleet(last.fleet.startsWith("selected") ? this.#selected() : this.replacement);
    this.world = { ...this.world, fleets: { ...this.world.fleets, [last.fleet]: found } };
    return [...decisions, ...this.pass()];
  }

  /** Time goes by, and a pass sees what that means. */
  wait(milliseconds: number): readonly Decision[] {
    this.now += milliseconds;
    return this.pass();
  }

  /** A user requests a stop. */
  stop(): readonly Decision[] {
    this.world = { ...this.world, deployment: { ...this.world.deployment, stopRequestedAt: this.now } };
    return this.pass();
  }

  /** A user ends a wait. */
  goOn(hold: "READY_WAIT" | "TERMINATION_WAIT"): readonly Decision[] {
    const { deployment } = this.world;
    const continueRequestedAt = { ...deployment.continueRequestedAt, [hold]: this.now };
    this.world = { ...this.world, deployment: { ...deployment, continueRequestedAt } };
    return this.pass();
  }

  /** The event that a host has been handed and not ended. */
  outstanding(host: string): LifecycleEvent | undefined {
    return this.world.targets
      .find(({ id }) => id === host)
      ?.events.find(
        ({ command, status }) => command !== undefined && (status === "Pending" || status === "InProgress"),
      );
  }

  /** The host acknowledges its command. */
  picksUp(host: string): readonly Decision[] {
    return this.report(this.#reportOf(host, { kind: "acknowledged" }));
  }

  /** The host ends its event, having picked it up before if need be. */
  reports(host: string, errorCode: Diagnostics["errorCode"] = "Success"): readonly Decision[] {
    const first = this.outstanding(host)?.status === "Pending" ? this.picksUp(host) : [];
    const status = errorCode === "Success" ? "Succeeded" : "Failed";
    const diagnostics = diagnosticsOf(errorCode);
    return [...first, ...this.report(this.#reportOf(host, { kind: "completed", status, diagnostics }))];
  }

  /** A gateway says how far it is with an event of the host. */
  progresses(host: string, because: string): readonly Decision[] {
    return this.report(this.#reportOf(host, { kind: "progress", because }));
  }

  /** The host succeeds at one event after the other, up to a given one or to its last. */
  succeeds(host: string, upTo?: LifecycleEventName): readonly Decision[] {
    const decisions: Decision[] = [];
    for (let event = this.outstanding(host); event !== undefined; event = this.outstanding(host)) {
      decisions.push(...this.reports(host));
      if (event.name === upTo) break;
    }
    return decisions;
  }

  /** A report arrives, whether or not there is a command for it. */
  report(report: Report): readonly Decision[] {
    this.#lastReport = report;
    this.world = { ...this.world, reports: [...this.world.reports, report] };
    return this.pass();
  }

  /** The last report arrives again. */
  repeat(): readonly Decision[] {
    if (this.#lastReport === undefined) throw new Error("nobody has reported yet");
    return this.report(this.#lastReport);
  }

  #reportOf(host: string, said: ReportContent): Report {
    const command = this.outstanding(host)?.command;
    if (command === undefined) throw new Error(`${host} has nothing to do`);
    return { commandId: command.id, at: this.now, ...said };
  }

  /** Returns a host's report about an event, whether or not it has been told to run it. */
  reportTo(host: string, event: LifecycleEventName, status?: "Succeeded" | "Failed"): Report {
    const about = { commandId: commandId(this.world.deployment.id, host, event), at: this.now };
    return status === undefined ? { ...about, kind: "acknowledged" } : { ...about, kind: "completed", status };
  }

  /** A gateway reports about the step in progress. */
  step(said: ReportContent): readonly Decision[] {
    const step = this.world.deployment.steps.find(({ status }) => status === "InProgress");
    if (step === undefined) throw new Error("no step is under way");
    return this.report({ commandId: step.id, at: this.now, ...said });
  }

  /** Returns the checkpoint of the step in progress. */
  checkpointOfStep(): { readonly checkpoint?: Checkpoint | undefined } {
    const effect = this.world.deployment.steps.find(({ status }) => status === "InProgress")?.effect;
    if (effect?.kind === "check load balancers")
      return {
        checkpoint: { balancers: { unknown: [], idle: [], registered: effect.instances.length, elsewhere: [] } },
      };
    if (effect?.kind === "copy Auto Scaling group")
      return {
        checkpoint: { suspended: { [effect.to]: ["AddToLoadBalancer", "AlarmNotification", "ScheduledActions"] } },
      };
    if (effect?.kind !== "suspend processes") return {};
    return {
      checkpoint: { suspended: Object.fromEntries(effect.scalingGroups.map((name) => [name, effect.processes])) },
    };
  }

  /** What a user's deployment owes when every kind of end is to be rolled back. */
  owedRollback(): Rollback {
    return rollback({
      deployment: this.world.deployment,
      targets: this.world.targets,
      creator: "user",
      configuration: {
        enabled: true,
        events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
      },
      hasLastSuccessful: this.lastSuccessful !== undefined,
    });
  }

  #newWorld(settings: Settings): World {
    return {
      now: this.now,
      deployment: newDeployment({
        id: `d-${this.#deployments}`,
        createTime: this.now,
        kind: "in-place",
        minimumHealthyHosts: predefined.OneAtATime,
        ignoreApplicationStopFailures: false,
        ...settings,
      }),
      targets: [],
      reports: [],
      instanceStates: {},
    };
  }

  /** The hosts that are not part of the replacement fleet. */
  #selected = (): readonly string[] => [...this.hosts.keys()].filter((id) => !this.replacement.includes(id));

  #fleet(ids: readonly string[]): Fleet {
    const found = ids.map((id, tieBreaker): FleetMember => {
      const state = this.hosts.get(id) ?? "running";
      const memory = this.memories[id];
      const revision = revisionHealth(memory?.installed, this.lastSuccessful, (a, b) => a === b);
      const arn = `arn:aws:ec2:eu-west-1:123456789012:instance/${id}`;
      const zone = this.zones.get(id);
      return {
        id,
        arn,
        hostIdentifier: arn,
        state,
        zone,
        health: memory?.health ?? "Unhealthy",
        revision,
        holdsRevision: memory?.installed !== undefined && memory.installed === this.#brings(),
        tieBreaker,
      };
    });
    return { found };
  }

  #remember(): void {
    const { deployment, targets } = this.world;
    if (!isOver(deployment)) return;
    const { status } = deployment;
    for (const target of targets) {
      if (!bringsRevision(deployment, target)) continue;
      const before = this.memories[target.id];
      const wasCurrent = before?.installed !== undefined && before.installed === this.lastSuccessful;
      const revision = this.#brings();
      this.memories[target.id] = healthAfter(before, target, { outcome: status, revision, wasCurrent });
    }
    if (status === "Succeeded") this.lastSuccessful = this.#brings();
  }

  #brings = (): string => this.revision ?? this.world.deployment.id;
}
