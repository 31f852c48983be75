import type { Cursor } from "./answers.ts";

/**
 * `POST /console/api/actions/NAME` with this body. Each is the operation of the API that its comment names, under the
 * session's principal: the same checks, rights and audit.
 */
export interface Actions {
  /** StopDeployment. */
  readonly stop: { readonly deploymentId: string };
  /** StopDeployment with `autoRollbackEnabled`. */
  readonly "stop-and-roll-back": { readonly deploymentId: string };
  /** ContinueDeployment with READY_WAIT. */
  readonly continue: { readonly deploymentId: string };
  /** ContinueDeployment with TERMINATION_WAIT. */
  readonly "skip-wait": { readonly deploymentId: string };
  /** Deploys an earlier revision to the group, by its id, or the last other one that succeeded: RollBackDeploymentGroup. */
  readonly rollback: { readonly deploymentId: string; readonly revisionId?: string | undefined };
  /** Deploys the revision of a deployment that is over to the targets that do not have it: RetryDeployment. */
  readonly retry: {
    readonly deploymentId: string;
    readonly which?: "failed" | "outdated" | undefined;
    readonly ignoreApplicationStopFailures?: boolean | undefined;
  };
  /** CreateDeployment with the same revision and settings. */
  readonly redeploy: { readonly deploymentId: string };
  readonly pause: { readonly deploymentId: string };
  readonly resume: { readonly deploymentId: string };
  readonly "skip-target": { readonly deploymentId: string; readonly targetId: string };
  /** CreateDeployment: its input as AWS has it. */
  readonly "create-deployment": Readonly<Record<string, unknown>>;
  /** RegisterApplicationRevision: its input as AWS has it. */
  readonly "register-revision": Readonly<Record<string, unknown>>;
  /** CreateApplication: its input as AWS has it. */
  readonly "create-application": Readonly<Record<string, unknown>>;
  /** UpdateDeploymentGroup: its input as AWS has it. */
  readonly "update-group": Readonly<Record<string, unknown>>;
  /** AddTagsToOnPremisesInstances, or EC2's CreateTags. */
  readonly "tag-host": { readonly host: string; readonly key: string; readonly value: string };
  /** DeregisterOnPremisesInstance. */
  readonly "deregister-host": { readonly host: string };
  readonly "start-instance": { readonly instanceId: string };
  readonly "stop-instance": { readonly instanceId: string };
  readonly "terminate-instance": { readonly instanceId: string };
  /** SetAlarmState. */
  readonly "set-alarm": {
    readonly name: string;
    readonly state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
    readonly reason: string;
  };
  /** SetDesiredCapacity. */
  readonly "set-desired": { readonly scalingGroup: string; readonly desired: number };
  /** CompleteLifecycleAction. */
  readonly "complete-hook": {
    readonly scalingGroup: string;
    readonly hook: string;
    readonly instanceId: string;
    readonly result: "CONTINUE" | "ABANDON";
  };
  /** SetInstanceProtection. */
  readonly "protect-instance": {
    readonly scalingGroup: string;
    readonly instanceId: string;
    readonly isProtected: boolean;
  };
  /** DeregisterTargets. */
  readonly "drain-target": {
    readonly targetGroupArn: string;
    readonly targetId: string;
    readonly port?: number | undefined;
  };
  /** Ends one of the principal's own sessions. */
  readonly "revoke-session": { readonly id: string };
}

/** The actions' names. */
export type ActionName = keyof Actions;

/** The answer to an action that was accepted. One that was not is a `Problem` with the operation's own code. */
export interface ActionAnswer {
  /** Where the action is in the event log, or before: the stream from here shows what follows. */
  readonly cursor: Cursor;
  /** The deployment that the action has made or touched. */
  readonly deploymentId?: string | undefined;
  /** The operation's output, as AWS has it. */
  readonly output: Readonly<Record<string, unknown>>;
}

/** `POST /console/api/plan`: what CreateDeployment would do with this input, without doing it. */
export interface PlanRequest {
  /** CreateDeployment's input. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Targets that are to fail (how many of the first, or ids), and a zone that is to be down. */
  readonly fail?: number | readonly string[] | undefined;
  readonly zonesDown?: readonly string[] | undefined;
}

/** Its answer. */
export interface PlanAnswer {
  readonly targets: readonly { readonly id: string; readonly wave: number; readonly why: string }[];
  readonly refused: readonly { readonly id: string; readonly why: string }[];
  readonly waves: readonly {
    readonly number: number;
    readonly targets: number;
    readonly boundBy?: string | undefined;
    readonly startsAfter?: number | undefined;
    readonly duration?: number | undefined;
  }[];
  /** What the service itself does, in order. */
  readonly steps: readonly string[];
  /** How it would end, and the rule that says so. */
  readonly outcome: { readonly status: string; readonly text: string };
  /** In milliseconds; absent without earlier deployments. */
  readonly duration?: number | undefined;
  readonly warnings: readonly string[];
}
