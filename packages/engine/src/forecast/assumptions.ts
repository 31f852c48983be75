import type { ServiceFacts } from "../model/ecs-plan.ts";
import type { Checkpoint, Effect, EffectOf } from "../model/effect.ts";
import type { Diagnostics, FleetMember, FleetQuery, LifecycleEventName, StepName, Target } from "../world.ts";

/** What a forecast takes for granted. Durations are milliseconds. */
export interface Assumptions {
  /** How long a lifecycle event lasts, from its command to its outcome. */
  readonly eventMilliseconds: (target: Target, event: LifecycleEventName) => number;
  /** How long the service takes for something that it does for the deployment as a whole. */
  readonly stepMilliseconds: (step: StepName) => number;
  /** What a fleet query will find; undefined when that cannot be known. */
  readonly fleetOf: (query: FleetQuery) => readonly FleetMember[] | undefined;
  /** What becomes of an event that goes wrong; undefined for one that succeeds. */
  readonly troubleOf?: ((target: Target, event: LifecycleEventName) => Trouble | undefined) | undefined;
}

/** How an event goes wrong: its script fails, or the host does not answer. */
export type Trouble = "fails" | "is silent";

/** What an assumed failure says of itself. */
export const assumedFailure: Diagnostics = {
  errorCode: "ScriptFailed",
  scriptName: "",
  message: "It is assumed to fail",
  logTail: "",
};

/** Returns what an effect will have found, where decisions depend on it and everything is as it should be. */
export function assumedCheckpoint(effect: Effect): Checkpoint | undefined {
  switch (effect.kind) {
    case "check load balancers":
      return { balancers: { unknown: [], idle: [], registered: effect.instances.length, elsewhere: [] } };
    case "suspend processes":
      return { suspended: Object.fromEntries(effect.scalingGroups.map((group) => [group, effect.processes])) };
    case "check function": {
      const { functionName, alias, versions } = effect;
      // The alias leads to the first of two versions; where one is given, to some other one.
      const version = versions.length > 1 ? (versions[0] ?? "") : `the one before ${versions[0]}`;
      const state = { version, weights: {}, revisionId: "" };
      return { functionFacts: { arn: functionName, alias: state, aliases: [alias], missing: [], missingHooks: [] } };
    }
    case "check service":
      return { serviceFacts: serviceAsWanted(effect) };
    default:
      return undefined;
  }
}

/** A service that can be deployed to: its tasks are in the first target group, and both listeners lead there. */
function serviceAsWanted({ service: { cluster, service }, routes }: EffectOf<"check service">): ServiceFacts {
  const arnOf = (name: string) => `targetgroup/${name}/assumed`;
  const [blue = ""] = routes.targetGroups;
  const listener = { protocol: "HTTP", routes: [{ weights: { [arnOf(blue)]: 1 } }] };
  const counts = { desiredCount: 1, pendingCount: 0, runningCount: 1, isSteady: true };
  return {
    service: {
      ...{ arn: service, name: service, clusterName: cluster, status: "ACTIVE", controller: "CODE_DEPLOY" },
      taskSets: [{ ...counts, id: "the original one", status: "PRIMARY", targetGroup: arnOf(blue) }],
    },
    targetGroups: Object.fromEntries(routes.targetGroups.map((name) => [name, arnOf(name)])),
    production: listener,
    test: listener,
    missingHooks: [],
  };
}

/** Returns when an effect whose times are planned is over; undefined for others. */
export const plannedEnd = (effect: Effect | undefined): number | undefined =>
  effect !== undefined && "shifts" in effect ? effect.shifts.at(-1)?.at : undefined;
