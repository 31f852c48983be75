import type { LambdaAppSpec, LambdaHookEvent } from "../appspec/index.ts";
import type { TrafficRouting } from "../rules/traffic-shift.ts";

/** What a deployment to a Lambda function has to do. */
export interface LambdaPlan {
  /** The revision itself, or where a gateway has to read it first. */
  readonly source: { readonly appSpec: LambdaAppSpec } | { readonly object: AppSpecObject };
  readonly routing: TrafficRouting;
  /**
   * By event: the id with which a hook's function reports its result. It is random, so that only the function that was
   * invoked knows it.
   */
  readonly hookExecutions: Readonly<Record<LambdaHookEvent, string>>;
  /** Whether an alias that an earlier deployment has left with weights is accepted. */
  readonly adoptsWeightedAlias: boolean;
  /** This is a rollback: the alias gets its former version back, however far the ended deployment had come. */
  readonly isRollback?: boolean | undefined;
}

/** An AppSpec file in a bucket, by itself or as the only one in an archive. */
export interface AppSpecObject {
  readonly bucket: string;
  readonly key: string;
  readonly version?: string | undefined;
  readonly eTag?: string | undefined;
  readonly archive?: "zip" | "tgz" | undefined;
}

/** The state of a function and its alias before a deployment. */
export interface FunctionFacts {
  /** The function's ARN without a qualifier; undefined when there is no such function. */
  readonly arn?: string | undefined;
  /** The role may not read the function, so it is not known whether it exists. */
  readonly isDenied?: true | undefined;
  /** Absent when there is no such alias. */
  readonly alias?: AliasState | undefined;
  /** All of the function's aliases, where the role may list them. */
  readonly aliases: readonly string[];
  /** Versions that the deployment names and that do not exist. */
  readonly missing: readonly string[];
  /** Functions that hooks name and that do not exist. */
  readonly missingHooks: readonly string[];
}

/** Where an alias leads to. */
export interface AliasState {
  readonly version: string;
  /** Shares of calls from 0 to 1, by version, beside the alias's own. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}
