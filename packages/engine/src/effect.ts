import type { LambdaAppSpec } from "./appspec/index.ts";
import type { AliasState, AppSpecObject, FunctionFacts } from "./lambda-plan.ts";
import type { Shift } from "./rules/traffic-shift.ts";

/** What the service itself does through other AWS services. A gateway is asked for it again and again until it has an outcome, also after a crash: all of it is safe to repeat. */
export type Effect =
  /** Looks at the balancers before anything moves; what it finds is in `checkpoint.balancers`. */
  | {
      readonly kind: "check load balancers";
      readonly balancers: Balancers;
      readonly instances: readonly string[];
      readonly scalingGroups: readonly string[];
    }
  /** Takes an instance out of every balancer, and waits until no traffic reaches it. What it takes out is in `checkpoint.registrations` before it does. */
  | { readonly kind: "block traffic"; readonly instance: string; readonly balancers: Balancers }
  /** Puts an instance into every balancer, with the registrations it had, and waits until all call it healthy. */
  | {
      readonly kind: "allow traffic";
      readonly instance: string;
      readonly balancers: Balancers;
      readonly registrations?: readonly Registration[] | undefined;
    }
  /** Suspends processes that are not suspended yet; those are in `checkpoint.suspended` before it does. */
  | {
      readonly kind: "suspend processes";
      readonly scalingGroups: readonly string[];
      readonly processes: readonly string[];
    }
  | { readonly kind: "resume processes"; readonly suspended: Readonly<Record<string, readonly string[]>> }
  /** Copies an Auto Scaling group and waits until its instances are in service. */
  | {
      readonly kind: "copy Auto Scaling group";
      readonly from: string;
      readonly to: string;
      readonly deploymentId: string;
    }
  /** The deployment group follows its fleet: hooks leave the old Auto Scaling group for the new one. */
  | { readonly kind: "move deployment group"; readonly from: readonly string[]; readonly to: readonly string[] }
  /** Deletes the original Auto Scaling groups, or ends the original instances where there is none. */
  | {
      readonly kind: "end original instances";
      readonly scalingGroups: readonly string[];
      readonly instances: readonly string[];
    }
  /** Reads the AppSpec file of a Lambda deployment; what it says is in `checkpoint.appSpec`. */
  | { readonly kind: "read AppSpec file"; readonly object: AppSpecObject }
  /** Looks at a function before anything moves, and waits until what it keeps ready is ready; what it finds is in `checkpoint.functionFacts`. */
  | {
      readonly kind: "check function";
      readonly functionName: string;
      readonly alias: string;
      readonly versions: readonly string[];
      /** Functions that hooks will call. */
      readonly hooks: readonly string[];
    }
  /** Calls the function of a hook. The hook's own report comes through the API; the gateway reports what goes wrong with the call. Without a function nothing is to be done. */
  | {
      readonly kind: "run hook";
      readonly functionName?: string | undefined;
      readonly deploymentId: string;
      readonly executionId: string;
    }
  /** Moves an alias's traffic step by step, each at its time; how far it is, is in `checkpoint.shifted`. */
  | {
      readonly kind: "shift traffic";
      readonly functionName: string;
      readonly alias: string;
      readonly currentVersion: string;
      readonly targetVersion: string;
      /** The alias as it was found; absent: whatever it is, it is overwritten. */
      readonly before?: AliasState | undefined;
      readonly shifts: readonly Shift[];
    }
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

/** What a gateway wants remembered, because it must survive a crash or a later decision needs it. */
export interface Checkpoint {
  readonly registrations?: readonly Registration[] | undefined;
  /** By Auto Scaling group: processes that we have suspended, and must resume. */
  readonly suspended?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly balancers?: BalancerFacts | undefined;
  /** How many instances the copy of an Auto Scaling group is to have. */
  readonly capacity?: number | undefined;
  readonly appSpec?: LambdaAppSpec | undefined;
  readonly functionFacts?: FunctionFacts | undefined;
  /** The last shift of an alias, and the revision that it gave it. */
  readonly shifted?: { readonly percent: number; readonly revisionId: string };
  /** What a person should know of the step: differences of a copy, resources that could not be removed. */
  readonly remarks?: readonly string[] | undefined;
}

/** What a look at the balancers of a deployment group gave (deployments.md §5.5). */
export interface BalancerFacts {
  /** Names that no target group or classic load balancer has. */
  readonly unknown: readonly string[];
  /** Target groups that no listener forwards to. */
  readonly idle: readonly string[];
  /** How many of the fleet's instances are registered in the group's own balancers. */
  readonly registered: number;
  /** Target groups outside the deployment group that instances of the fleet, or its Auto Scaling groups, are in. */
  readonly elsewhere: readonly string[];
}
