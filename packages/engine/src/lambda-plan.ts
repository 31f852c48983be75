import type { LambdaAppSpec, LambdaHookEvent } from "./appspec/index.ts";
import type { TrafficRouting } from "./rules/traffic-shift.ts";

/** What a deployment to a Lambda function is to do. */
export interface LambdaPlan {
  /** What the revision says, or where it lies: then a gateway reads it first. */
  readonly source: { readonly appSpec: LambdaAppSpec } | { readonly object: AppSpecObject };
  readonly routing: TrafficRouting;
  /** By event: the id that a hook's function reports with. Drawn at random when the deployment is recorded, so that only who was called knows it. */
  readonly hookExecutions: Readonly<Record<LambdaHookEvent, string>>;
  /** An alias that an earlier deployment has left with weights is taken as it is. */
  readonly adoptsWeightedAlias: boolean;
  /** It undoes a deployment that has ended, however far that had come: the alias gets the version back that it had. */
  readonly isRollback?: boolean | undefined;
}

/** An AppSpec file in a bucket, by itself or as the only one of an archive. */
export interface AppSpecObject {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string | undefined;
  readonly eTag?: string | undefined;
  readonly archive?: "zip" | "tgz" | undefined;
}

/** What a look at a function and its alias gave. */
export interface FunctionFacts {
  /** Of the function, without a qualifier; absent when there is no such function. */
  readonly arn?: string | undefined;
  /** Nobody could say whether there is such a function: the role may not look at it. */
  readonly isDenied?: true | undefined;
  /** Absent when there is no such alias. */
  readonly alias?: AliasState | undefined;
  /** The aliases that there are, where they may be listed. */
  readonly aliases: readonly string[];
  /** Versions that the deployment names and nobody has published. */
  readonly missing: readonly string[];
  /** Functions that hooks name and that are not there. */
  readonly missingHooks: readonly string[];
}

/** Where an alias leads to. */
export interface AliasState {
  readonly version: string;
  /** Shares of calls from 0 to 1, by version, beside the alias's own. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}
