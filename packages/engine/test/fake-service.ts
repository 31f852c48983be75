// An ECS service with its listeners, and the gateway that makes task sets and moves traffic: what scenarios and
// simulated deployments have instead of ECS and a load balancer.
import {
  type Checkpoint,
  type EcsPlan,
  type Effect,
  type EffectOf,
  greenPercent,
  percentDue,
  type ServiceFacts,
  type TargetGroupPair,
  type TaskSetState,
  type TrafficRouting,
  weightsAt,
} from "../src/index.ts";
import type { Outcome } from "./fake-function.ts";

/** Weights by target group. */
type Weights = Readonly<Record<string, number>>;

const blueGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/blue/1";
const greenGroup = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/green/2";

/** The target groups of the first deployment. */
export const pair: TargetGroupPair = { blue: blueGroup, green: greenGroup };

/** One service of two tasks behind a production and a test listener. */
export class FakeService {
  taskSets: readonly TaskSetState[] = [{ ...ofTwo, id: "ecs-svc/1", status: "PRIMARY", targetGroup: blueGroup }];
  readonly listeners: Record<string, Weights> = { production: { [blueGroup]: 1 }, test: { [blueGroup]: 1 } };
  /** The replacement's share of the production traffic, each time that it was changed by a deployment. */
  readonly history: number[] = [];
  /** Whether the tasks of a new task set come up. */
  areTasksHealthy = true;
  /** Whether something scales the service, and whether that is suspended. */
  scaling: "none" | "on" | "suspended" = "none";
  /** The listeners' protocol; TCP is a Network Load Balancer's. */
  protocol: "HTTP" | "TCP" = "HTTP";
  #made = 1;

  /** Somebody sends the production traffic elsewhere. */
  divert(): void {
    this.listeners["production"] = { elsewhere: 1 };
  }

  /** Somebody deletes the task set of a deployment. */
  lose(deploymentId: string): void {
    this.taskSets = this.taskSets.filter(({ externalId }) => externalId !== deploymentId);
  }

  /** Does what an effect asks for, as far as it is due; undefined when there is nothing new. */
  perform(effect: Effect, checkpoint: Checkpoint | undefined, now: number): Outcome | undefined {
    switch (effect.kind) {
      case "check service":
        return { is: "done", checkpoint: { serviceFacts: this.#facts() } };
      case "run hook":
        return effect.functionName === undefined ? { is: "done" } : undefined;
      case "suspend scaling":
        return this.#suspend(checkpoint);
      case "resume scaling":
        this.scaling = "on";
        return { is: "done" };
      case "create task set":
        return this.#create(effect, checkpoint);
      case "route test traffic":
        return this.#route(effect.listener ?? "", effect.pair, { percent: 100, planned: [0, 100] }) ?? { is: "done" };
      case "shift service":
        return this.#shift(effect, checkpoint, now);
      case "restore service":
        return this.#restore(effect);
      case "delete task sets":
        this.taskSets = this.taskSets.filter(({ id }) => !effect.ids.includes(id));
        return { is: "done", checkpoint: { taskSets: this.taskSets } };
      default:
        return undefined;
    }
  }

  #facts(): ServiceFacts {
    const arn = "arn:aws:ecs:us-east-1:123456789012:service/main/web";
    const state = { arn, name: "web", clusterName: "main", status: "ACTIVE", controller: "CODE_DEPLOY" };
    const listener = (name: string) => ({ protocol: this.protocol, routes: [{ weights: this.listeners[name] ?? {} }] });
    return {
      service: { ...state, taskSets: this.taskSets },
      targetGroups: { blue: blueGroup, green: greenGroup },
      production: listener("production"),
      test: listener("test"),
      missingHooks: [],
    };
  }

  /** What is to be resumed is written down first. */
  #suspend(checkpoint: Checkpoint | undefined): Outcome {
    if (this.scaling === "none") return { is: "done" };
    const scaling = { resourceId: "service/main/web", activities: ["DynamicScalingInSuspended"] } as const;
    if (checkpoint?.scaling === undefined)
      return { is: "progress", because: "its scaling is found", checkpoint: { scaling } };
    this.scaling = "suspended";
    return { is: "done" };
  }

  #create(
    { deploymentId, pair: groups }: EffectOf<"create task set">,
    checkpoint: Checkpoint | undefined,
  ): Outcome | undefined {
    const found = this.#setOf(deploymentId);
    if (found === undefined && checkpoint?.taskSets !== undefined) return { is: "failed", why: "the task set is gone" };
    if (found === undefined) {
      const foreign = this.#route("production", groups, { percent: 0, planned: [0] });
      if (foreign !== undefined) return foreign;
      this.#made += 1;
      const made = { ...ofTwo, id: `ecs-svc/${this.#made}`, status: "ACTIVE", targetGroup: groups.green };
      this.taskSets = [
        ...this.taskSets,
        { ...made, externalId: deploymentId, runningCount: 0, pendingCount: 2, isSteady: false },
      ];
      return { is: "progress", because: "0 of 2 tasks run", checkpoint: { taskSets: this.taskSets } };
    }
    if (!this.areTasksHealthy) return undefined;
    this.#change(found.id, { runningCount: 2, pendingCount: 0, isSteady: true });
    return { is: "done", checkpoint: { taskSets: this.taskSets } };
  }

  #shift(effect: EffectOf<"shift service">, checkpoint: Checkpoint | undefined, now: number): Outcome | undefined {
    const percent = percentDue(effect.shifts, now);
    const known = checkpoint?.shifted?.percent;
    if (known === percent) return undefined;
    const green = this.#setOf(effect.deploymentId);
    if (green === undefined) return { is: "failed", why: "the task set is gone" };
    const planned = [known ?? 0, ...effect.shifts.map((shift) => shift.percent).filter((step) => step >= (known ?? 0))];
    const foreign = this.#route("production", effect.pair, { percent, planned });
    if (foreign !== undefined) return foreign;
    if (this.history.at(-1) !== percent) this.history.push(percent);
    if (percent < 100)
      return { is: "progress", because: `the replacement has ${percent} %`, checkpoint: { shifted: { percent } } };
    this.#makePrimary(green.id);
    return { is: "done", checkpoint: { shifted: { percent }, taskSets: this.taskSets } };
  }

  #restore({ restores }: EffectOf<"restore service">): Outcome {
    if (this.taskSets.every(({ id }) => id !== restores.blue))
      return { is: "failed", why: "the original tasks are gone" };
    for (const listener of ["production", "test"]) this.#route(listener, restores.pair, { percent: 0 });
    this.#makePrimary(restores.blue);
    this.lose(restores.deploymentId);
    return { is: "done", checkpoint: { shifted: { percent: 0 }, taskSets: this.taskSets } };
  }

  /** As the gateway does: it changes what leads to the pair, and refuses what this deployment cannot have set. */
  #route(
    name: string,
    groups: TargetGroupPair,
    { percent, planned }: { readonly percent: number; readonly planned?: readonly number[] },
  ): Outcome | undefined {
    const weights = this.listeners[name];
    if (weights === undefined) return undefined;
    const share = greenPercent({ weights }, groups);
    if (planned !== undefined && (share === undefined || !planned.includes(share)))
      return { is: "failed", why: "somebody else has changed the listener" };
    if (share !== undefined) this.listeners[name] = weightsAt(percent, groups);
    return undefined;
  }

  #setOf(deploymentId: string): TaskSetState | undefined {
    return this.taskSets.find(({ externalId }) => externalId === deploymentId);
  }

  #makePrimary(id: string): void {
    this.taskSets = this.taskSets.map((set) => ({ ...set, status: set.id === id ? "PRIMARY" : "ACTIVE" }));
  }

  #change(id: string, fields: Partial<TaskSetState>): void {
    this.taskSets = this.taskSets.map((set) => (set.id === id ? { ...set, ...fields } : set));
  }
}

const ofTwo = { desiredCount: 2, pendingCount: 0, runningCount: 2, isSteady: true } as const;

/** A plan for the service, with a hook where one is named. */
export const servicePlan = (
  routing: TrafficRouting,
  {
    hook,
    ...more
  }: Partial<EcsPlan> & {
    readonly hook?: "BeforeInstall" | "AfterAllowTestTraffic" | "AfterAllowTraffic" | undefined;
  } = {},
): EcsPlan => ({
  source: {
    appSpec: {
      taskDefinition: "arn:aws:ecs:us-east-1:123456789012:task-definition/web:2",
      containerName: "web",
      containerPort: 80,
      hooks: hook === undefined ? {} : { [hook]: "check" },
    },
  },
  service: { cluster: "main", service: "web" },
  routes: { targetGroups: ["blue", "green"], production: "production", test: "test" },
  routing,
  hookExecutions: {
    BeforeInstall: "1",
    AfterInstall: "2",
    AfterAllowTestTraffic: "3",
    BeforeAllowTraffic: "4",
    AfterAllowTraffic: "5",
  },
  originalTasks: "TERMINATE",
  terminationWait: 0,
  clearsLeftovers: false,
  ...more,
});
