// The shell around the engine, in memory: it keeps one deployment group, its hosts and its deployments, and makes passes over them.
import {
  type AlarmReading,
  type Answer,
  type Beginning,
  bringsRevision,
  commandId,
  decide,
  type Decision,
  type Deployment,
  type Diagnostics,
  evolveAll,
  fleetFields,
  type Fleet,
  type FleetMember,
  healthAfter,
  type Host,
  type HostMemory,
  type InstanceState,
  isOver,
  type LifecycleEvent,
  type LifecycleEventName,
  type Neighbour,
  newDeployment,
  type Noted,
  revisionHealth,
  type Rollback,
  rollback,
  type World,
} from "../src/index.ts";

/** What a deployment may be told to do otherwise than by default. */
export type Settings = Partial<Omit<Beginning, "id" | "createTime">>;

/** A diagnostics as agents give it. */
export const diagnosticsOf = (errorCode: Diagnostics["errorCode"]): Diagnostics => ({
  errorCode,
  scriptName: errorCode === "Success" ? "" : "scripts/run.sh",
  message: errorCode === "Success" ? "Succeeded" : `${errorCode} in scripts/run.sh`,
  logTail: "",
});

/** The words a config may be told in: AWS's predefined names, or a type and a value. */
export const predefined = {
  OneAtATime: { type: "MOST_CONCURRENCY", value: 1 },
  HalfAtATime: { type: "FLEET_PERCENT", value: 50 },
  AllAtOnce: { type: "FLEET_PERCENT", value: 0 },
} as const satisfies Record<string, Deployment["minimumHealthyHosts"]>;

/** What an answer says, whoever gives it. */
type Said = Answer extends infer Kind ? (Kind extends Answer ? Omit<Kind, "commandId" | "at"> : never) : never;

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
  readonly neighbours: Record<string, Neighbour> = {};
  /** When agents were last heard of, if anybody keeps count. */
  lastSeen: Record<string, number> | undefined;
  /** What a look at the alarms gives. */
  alarms: AlarmReading | undefined;
  lastSuccessful: string | undefined;
  #deployments = 0;
  #lastAnswer: Answer | undefined;

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

  /** A pass: observe, decide, commit. A look at the fleet is answered at once. */
  pass(): readonly Decision[] {
    const seen = this.lastSeen;
    const world = {
      ...this.world,
      now: this.now,
      instanceStates: Object.fromEntries(this.hosts),
      ...(this.alarms === undefined ? {} : { alarms: this.alarms }),
      ...(seen === undefined ? {} : { lastSeen: ({ id }: Host) => seen[id] }),
      neighbour: ({ id }: Host) => this.neighbours[id],
    };
    const wasOver = isOver(world.deployment);
    const decisions = decide(world);
    this.world = evolveAll(world, decisions);
    if (isOver(this.world.deployment) && !wasOver) this.#remember();
    const last = decisions.at(-1);
    if (last?.do !== "look up fleet") return decisions;
    const found = this.#fleet(last.fleet.startsWith("selected") ? this.#selected() : this.replacement);
    this.world = { ...this.world, [fleetFields[last.fleet]]: found };
    return [...decisions, ...this.pass()];
  }

  /** Time goes by, and a pass sees what that means. */
  wait(milliseconds: number): readonly Decision[] {
    this.now += milliseconds;
    return this.pass();
  }

  /** Somebody asks to stop. */
  stop(): readonly Decision[] {
    this.world = { ...this.world, deployment: { ...this.world.deployment, stopRequestedAt: this.now } };
    return this.pass();
  }

  /** Somebody ends a wait. */
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
    return this.answer(this.#answerOf(host, { kind: "acknowledged" }));
  }

  /** The host ends its event, having picked it up before if need be. */
  reports(host: string, errorCode: Diagnostics["errorCode"] = "Success"): readonly Decision[] {
    const first = this.outstanding(host)?.status === "Pending" ? this.picksUp(host) : [];
    const status = errorCode === "Success" ? "Succeeded" : "Failed";
    const diagnostics = diagnosticsOf(errorCode);
    return [...first, ...this.answer(this.#answerOf(host, { kind: "completed", status, diagnostics }))];
  }

  /** A gateway says how far it is with an event of the host. */
  progresses(host: string, because: string): readonly Decision[] {
    return this.answer(this.#answerOf(host, { kind: "progress", because }));
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

  /** Any answer arrives, asked for or not. */
  answer(answer: Answer): readonly Decision[] {
    this.#lastAnswer = answer;
    this.world = { ...this.world, answers: [...this.world.answers, answer] };
    return this.pass();
  }

  /** The last answer arrives once more. */
  repeat(): readonly Decision[] {
    if (this.#lastAnswer === undefined) throw new Error("nobody has answered yet");
    return this.answer(this.#lastAnswer);
  }

  #answerOf(host: string, said: Said): Answer {
    const command = this.outstanding(host)?.command;
    if (command === undefined) throw new Error(`${host} has nothing to do`);
    return { commandId: command.id, at: this.now, ...said };
  }

  /** An answer of a host to an event, whether or not it has been told to run it. */
  answerTo(host: string, event: LifecycleEventName, status?: "Succeeded" | "Failed"): Answer {
    const about = { commandId: commandId(this.world.deployment.id, host, event), at: this.now };
    return status === undefined ? { ...about, kind: "acknowledged" } : { ...about, kind: "completed", status };
  }

  /** A gateway answers to the step that is under way. */
  step(said: Said): readonly Decision[] {
    const step = this.world.deployment.steps.find(({ status }) => status === "InProgress");
    if (step === undefined) throw new Error("no step is under way");
    return this.answer({ commandId: step.id, at: this.now, ...said });
  }

  /** What the gateway of the step under way wants remembered. */
  notedByStep(): { readonly noted?: Noted } {
    const work = this.world.deployment.steps.find(({ status }) => status === "InProgress")?.work;
    if (work?.work === "check load balancers")
      return { noted: { balancers: { unknown: [], idle: [], registered: work.instances.length, elsewhere: [] } } };
    if (work?.work === "copy Auto Scaling group")
      return { noted: { suspended: { [work.to]: ["AddToLoadBalancer", "AlarmNotification", "ScheduledActions"] } } };
    if (work?.work !== "suspend processes") return {};
    return { noted: { suspended: Object.fromEntries(work.scalingGroups.map((name) => [name, work.processes])) } };
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
      answers: [],
      instanceStates: {},
    };
  }

  /** Whoever is there and no replacement. */
  #selected = (): readonly string[] => [...this.hosts.keys()].filter((id) => !this.replacement.includes(id));

  #fleet(ids: readonly string[]): Fleet {
    const found = ids.map((id, lot): FleetMember => {
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
        ...(zone === undefined ? {} : { zone }),
        health: memory?.health ?? "Unhealthy",
        revision,
        holdsRevision: memory?.installed !== undefined && memory.installed === this.#brings(),
        lot,
      };
    });
    return { found };
  }

  #remember(): void {
    const { deployment, targets } = this.world;
    const { status } = deployment;
    if (status !== "Succeeded" && status !== "Failed" && status !== "Stopped") return;
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
