import type { EcsAppSpec, LambdaAppSpec } from "../appspec/index.ts";
import type { AliasState, AppSpecObject, FunctionFacts } from "./lambda-plan.ts";
import type {
  Restoration,
  ServiceFacts,
  ServiceName,
  SuspendedScaling,
  TargetGroupPair,
  TaskSetState,
  TrafficRoutes,
} from "./ecs-plan.ts";
import type { Shift } from "../rules/traffic-shift.ts";

/**
 * Something that the service itself does through another AWS service. A gateway is called again and again until it has
 * an outcome, also after a crash, so every effect must be safe to repeat.
 */
export type Effect =
  /** Inspects the load balancers before anything moves. The result is in `checkpoint.balancers`. */
  | {
      readonly kind: "check load balancers";
      readonly balancers: Balancers;
      readonly instances: readonly string[];
      readonly scalingGroups: readonly string[];
    }
  /**
   * Deregisters an instance from every load balancer, and waits until no traffic reaches it. Its registrations are in
   * `checkpoint.registrations` before that.
   */
  | { readonly kind: "block traffic"; readonly instance: string; readonly balancers: Balancers }
  /**
   * Registers an instance with every load balancer, as it was registered before, and waits until all report it healthy.
   */
  | {
      readonly kind: "allow traffic";
      readonly instance: string;
      readonly balancers: Balancers;
      readonly registrations?: readonly Registration[] | undefined;
    }
  /** Suspends processes that are not suspended yet. Those are in `checkpoint.suspended` before that. */
  | {
      readonly kind: "suspend processes";
      readonly scalingGroups: readonly string[];
      readonly processes: readonly string[];
    }
  | { readonly kind: "resume processes"; readonly suspended: Readonly<Record<string, readonly string[]>> }
  /** Copies an Auto Scaling group, and waits until its instances are in service. */
  | {
      readonly kind: "copy Auto Scaling group";
      readonly from: string;
      readonly to: string;
      readonly deploymentId: string;
    }
  /** Makes the deployment group follow its fleet: its hooks leave the old Auto Scaling group for the new one. */
  | { readonly kind: "move deployment group"; readonly from: readonly string[]; readonly to: readonly string[] }
  /** Deletes the original Auto Scaling groups, or terminates the original instances where there is none. */
  | {
      readonly kind: "end original instances";
      readonly scalingGroups: readonly string[];
      readonly instances: readonly string[];
    }
  /** Reads the AppSpec file of a deployment into `checkpoint.appSpec`, or into `checkpoint.ecsAppSpec`. */
  | {
      readonly kind: "read AppSpec file";
      readonly object: AppSpecObject;
      readonly platform?: "Lambda" | "ECS" | undefined;
    }
  /**
   * Inspects a function before anything moves, and waits until its provisioned concurrency is allocated. The result is
   * in `checkpoint.functionFacts`.
   */
  | {
      readonly kind: "check function";
      readonly functionName: string;
      readonly alias: string;
      readonly versions: readonly string[];
      /** Functions that hooks will invoke. */
      readonly hooks: readonly string[];
    }
  /**
   * Invokes the function of a hook. The hook reports its result through the API; the gateway reports only that the
   * invocation failed. Without a function there is nothing to do.
   */
  | {
      readonly kind: "run hook";
      readonly functionName?: string | undefined;
      readonly deploymentId: string;
      readonly executionId: string;
    }
  /** Moves an alias's traffic step by step, each at its time. `checkpoint.shifted` is the last step made. */
  | {
      readonly kind: "shift traffic";
      readonly functionName: string;
      readonly alias: string;
      readonly currentVersion: string;
      readonly targetVersion: string;
      /** The alias as it was found. Undefined to overwrite it, whatever it is now. */
      readonly before?: AliasState | undefined;
      readonly shifts: readonly Shift[];
    }
  /** Inspects a service, its target groups and its listeners before anything moves. The result is in `checkpoint.serviceFacts`. */
  | {
      readonly kind: "check service";
      readonly service: ServiceName;
      readonly routes: TrafficRoutes;
      readonly taskDefinition: string;
      /** Functions that hooks will invoke. */
      readonly hooks: readonly string[];
    }
  /**
   * Suspends the scaling of a service, where it has a scalable target. What was not suspended before is in
   * `checkpoint.scaling` before that.
   */
  | { readonly kind: "suspend scaling"; readonly service: ServiceName }
  | { readonly kind: "resume scaling"; readonly scaling: SuspendedScaling }
  /**
   * Lets the production listener know the replacement's target group, without traffic, so that its health is checked;
   * then creates a task set there and waits until it is steady. Its external id is the deployment's id.
   */
  | {
      readonly kind: "create task set";
      readonly service: ServiceName;
      readonly deploymentId: string;
      readonly appSpec: EcsAppSpec;
      readonly blue: string;
      readonly pair: TargetGroupPair;
      readonly production: string;
    }
  /** Sends all traffic of the test listener to the replacement. Without a listener there is nothing to do. */
  | { readonly kind: "route test traffic"; readonly listener?: string | undefined; readonly pair: TargetGroupPair }
  /**
   * Moves the traffic of the production listener step by step, each at its time, and makes the replacement the primary
   * task set at last. `checkpoint.shifted` is the last step made.
   */
  | {
      readonly kind: "shift service";
      readonly service: ServiceName;
      readonly deploymentId: string;
      readonly production: string;
      readonly pair: TargetGroupPair;
      readonly shifts: readonly Shift[];
    }
  /** Sends all traffic back to the original task set, makes it the primary one, and deletes the replacement. */
  | {
      readonly kind: "restore service";
      readonly service: ServiceName;
      readonly routes: TrafficRoutes;
      readonly restores: Restoration;
    }
  /** Deletes task sets, and waits until none of their tasks is left. */
  | { readonly kind: "delete task sets"; readonly service: ServiceName; readonly ids: readonly string[] }
  | ({ readonly kind: "record heartbeat" } & LifecycleActionOf)
  | ({ readonly kind: "complete lifecycle action"; readonly result: "CONTINUE" | "ABANDON" } & LifecycleActionOf);

interface LifecycleActionOf {
  readonly scalingGroup: string;
  readonly hook: string;
  readonly instance: string;
  readonly token?: string | undefined;
}

/** Load balancers by name, as a deployment group lists them. */
export interface Balancers {
  readonly targetGroups: readonly string[];
  readonly classic: readonly string[];
}

/** One registration of an instance: in a target group by ARN, with its port and zone, or in a classic load balancer by name. */
export type Registration =
  | { readonly targetGroup: string; readonly port: number; readonly zone?: string | undefined }
  | { readonly classic: string };

/** Durable intermediate facts of an effect: they must survive a crash, or a later decision needs them. */
export interface Checkpoint {
  readonly registrations?: readonly Registration[] | undefined;
  /** By Auto Scaling group: the processes that we have suspended and must resume. */
  readonly suspended?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly balancers?: BalancerFacts | undefined;
  /** How many instances the copy of an Auto Scaling group must have. */
  readonly capacity?: number | undefined;
  readonly appSpec?: LambdaAppSpec | undefined;
  readonly functionFacts?: FunctionFacts | undefined;
  readonly ecsAppSpec?: EcsAppSpec | undefined;
  readonly serviceFacts?: ServiceFacts | undefined;
  /** Task sets of a service as they were last seen. */
  readonly taskSets?: readonly TaskSetState[] | undefined;
  /** What of a service's scaling we have suspended and must resume. */
  readonly scaling?: SuspendedScaling | undefined;
  /** Since when none of the replacement tasks has run. In milliseconds since the epoch. */
  readonly idleSince?: number | undefined;
  /** The last shift of traffic, and the revision id that an alias got by it. */
  readonly shifted?: { readonly percent: number; readonly revisionId?: string | undefined } | undefined;
  /** Messages for people, such as how a copy differs, or what could not be removed. */
  readonly remarks?: readonly string[] | undefined;
}

/** The state of a deployment group's load balancers before a deployment (deployments.md §5.5). */
export interface BalancerFacts {
  /** Names of target groups and classic load balancers that do not exist. */
  readonly unknown: readonly string[];
  /** Target groups that no listener forwards to. */
  readonly idle: readonly string[];
  /** How many of the fleet's instances are registered with the group's own load balancers. */
  readonly registered: number;
  /**
   * Target groups outside of the deployment group with which instances of the fleet, or its Auto Scaling groups, are
   * registered.
   */
  readonly elsewhere: readonly string[];
}

/** The effect of one kind. */
export type EffectOf<Kind extends Effect["kind"]> = Extract<Effect, { readonly kind: Kind }>;
