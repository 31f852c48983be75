// A function with an alias, and the gateway that looks at it and moves its traffic: what scenarios and simulated deployments have instead of Lambda.
import {
  type AliasState,
  type Report,
  type FunctionFacts,
  type LambdaPlan,
  type Checkpoint,
  percentDue,
  type TrafficRouting,
  type Effect,
  type EffectOf,
} from "../src/index.ts";

/** What the gateway reports about an effect; undefined when there is nothing new. */
export type Outcome =
  | { readonly is: "progress"; readonly because: string; readonly checkpoint: Checkpoint }
  | { readonly is: "done"; readonly checkpoint?: Checkpoint | undefined }
  | { readonly is: "failed"; readonly why: string };

/** One function with versions 1 to 3 and an alias `live`. */
export class FakeFunction {
  alias: AliasState = { version: "1", weights: {}, revisionId: "r0" };
  /** Everything that the alias has been. */
  readonly history: Omit<AliasState, "revisionId">[] = [];
  #revisions = 0;

  /** The alias is changed. */
  set(version: string, weights: AliasState["weights"]): void {
    this.#revisions += 1;
    this.alias = { version, weights, revisionId: `r${this.#revisions}` };
    this.history.push({ version, weights });
  }

  /** Performs an effect, as far as it is due. */
  perform(effect: Effect, checkpoint: Checkpoint | undefined, now: number): Outcome | undefined {
    switch (effect.kind) {
      case "check function":
        return { is: "done", checkpoint: { functionFacts: this.#facts(effect) } };
      case "run hook":
        return effect.functionName === undefined ? { is: "done" } : undefined;
      case "shift traffic":
        return this.#shift(effect, checkpoint, now);
      default:
        return undefined;
    }
  }

  #facts({ alias, versions }: EffectOf<"check function">): FunctionFacts {
    return {
      arn: "arn:aws:lambda:eu-west-1:123456789012:function:f",
      alias: alias === "live" ? this.alias : undefined,
      aliases: ["live"],
      missing: versions.filter((version) => !["1", "2", "3"].includes(version)),
      missingHooks: [],
    };
  }

  #shift(effect: EffectOf<"shift traffic">, checkpoint: Checkpoint | undefined, now: number): Outcome | undefined {
    const percent = percentDue(effect.shifts, now);
    if (checkpoint?.shifted?.percent === percent) return undefined;
    const known = checkpoint?.shifted?.revisionId ?? effect.before?.revisionId ?? this.alias.revisionId;
    const isOurs = known === this.alias.revisionId || this.#isPlanned(effect);
    if (!isOurs) return { is: "failed", why: "somebody else has changed the alias" };
    if (this.#stands(effect) === percent) {
      // It was done, and the note was lost.
    } else if (percent === 100) this.set(effect.targetVersion, {});
    else this.set(effect.currentVersion, { [effect.targetVersion]: percent / 100 });
    const shifted = { percent, revisionId: this.alias.revisionId };
    return percent === 100
      ? { is: "done", checkpoint: { shifted } }
      : {
          is: "progress",
          because: `version ${effect.targetVersion} has ${percent} % of the traffic`,
          checkpoint: { shifted },
        };
  }

  #isPlanned(effect: EffectOf<"shift traffic">): boolean {
    return effect.shifts.some(({ percent }) => percent === this.#stands(effect));
  }

  /** How much of the traffic the target version has; undefined when the alias is on something else. */
  #stands({ currentVersion, targetVersion }: EffectOf<"shift traffic">): number | undefined {
    const { version, weights } = this.alias;
    if (version === targetVersion) return 100;
    return version === currentVersion ? Math.round((weights[targetVersion] ?? 0) * 100) : undefined;
  }
}

/** What an outcome is as a report. */
export function reportOf(commandId: string, at: number, outcome: Outcome): Report {
  switch (outcome.is) {
    case "progress":
      return { commandId, at, kind: "progress", because: outcome.because, checkpoint: outcome.checkpoint };
    case "done":
      return {
        commandId,
        at,
        kind: "completed",
        status: "Succeeded",
        checkpoint: outcome.checkpoint,
      };
    case "failed": {
      const { why: message } = outcome;
      const diagnostics = { errorCode: "UnknownError", scriptName: "", message, logTail: "" } as const;
      return { commandId, at, kind: "completed", status: "Failed", diagnostics };
    }
  }
}

/** A plan that takes `live` from one version to another. */
export const planFor = (
  { from, to, alias = "live" }: { readonly from: string; readonly to: string; readonly alias?: string | undefined },
  routing: TrafficRouting,
  more: Partial<LambdaPlan> & { readonly hooks?: { readonly BeforeAllowTraffic?: string } } = {},
): LambdaPlan => {
  const { hooks = {}, ...rest } = more;
  return {
    source: { appSpec: { functionName: "f", alias, currentVersion: from, targetVersion: to, hooks } },
    routing,
    hookExecutions: { BeforeAllowTraffic: "before", AfterAllowTraffic: "after" },
    adoptsWeightedAlias: false,
    ...rest,
  };
};
