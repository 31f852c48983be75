// A function with an alias, and the gateway that looks at it and moves its traffic: what scenarios and simulated deployments have instead of Lambda.
import {
  type AliasState,
  type Answer,
  type FunctionFacts,
  type LambdaPlan,
  type Noted,
  percentDue,
  type TrafficRouting,
  type Work,
} from "../src/index.ts";

/** What the gateway says of a piece of work; undefined when there is nothing new. */
export type Outcome =
  | { readonly is: "progress"; readonly because: string; readonly noted: Noted }
  | { readonly is: "done"; readonly noted?: Noted }
  | { readonly is: "failed"; readonly why: string };

/** One function with versions 1 to 3 and an alias `live`. */
export class MadeUpFunction {
  alias: AliasState = { version: "1", weights: {}, revisionId: "r0" };
  /** Everything that the alias has been. */
  readonly history: Omit<AliasState, "revisionId">[] = [];
  #revisions = 0;

  /** Somebody changes the alias. */
  set(version: string, weights: AliasState["weights"]): void {
    this.#revisions += 1;
    this.alias = { version, weights, revisionId: `r${this.#revisions}` };
    this.history.push({ version, weights });
  }

  /** Does what a work asks for, as far as it is due. */
  perform(work: Work, noted: Noted | undefined, now: number): Outcome | undefined {
    switch (work.work) {
      case "check function":
        return { is: "done", noted: { functionFacts: this.#facts(work) } };
      case "run hook":
        return work.functionName === undefined ? { is: "done" } : undefined;
      case "shift traffic":
        return this.#shift(work, noted, now);
      default:
        return undefined;
    }
  }

  #facts({ alias, versions }: Work & { readonly work: "check function" }): FunctionFacts {
    return {
      arn: "arn:aws:lambda:eu-west-1:123456789012:function:f",
      ...(alias === "live" ? { alias: this.alias } : {}),
      aliases: ["live"],
      missing: versions.filter((version) => !["1", "2", "3"].includes(version)),
      missingHooks: [],
    };
  }

  #shift(work: Work & { readonly work: "shift traffic" }, noted: Noted | undefined, now: number): Outcome | undefined {
    const percent = percentDue(work.shifts, now);
    if (noted?.shifted?.percent === percent) return undefined;
    const known = noted?.shifted?.revisionId ?? work.before?.revisionId ?? this.alias.revisionId;
    const isOurs = known === this.alias.revisionId || this.#isPlanned(work);
    if (!isOurs) return { is: "failed", why: "somebody else has changed the alias" };
    if (this.#stands(work) === percent) {
      // It was done, and the note was lost.
    } else if (percent === 100) this.set(work.targetVersion, {});
    else this.set(work.currentVersion, { [work.targetVersion]: percent / 100 });
    const shifted = { percent, revisionId: this.alias.revisionId };
    return percent === 100
      ? { is: "done", noted: { shifted } }
      : {
          is: "progress",
          because: `version ${work.targetVersion} has ${percent} % of the traffic`,
          noted: { shifted },
        };
  }

  #isPlanned(work: Work & { readonly work: "shift traffic" }): boolean {
    return work.shifts.some(({ percent }) => percent === this.#stands(work));
  }

  /** How much of the traffic the target version has; undefined when the alias is on something else. */
  #stands({ currentVersion, targetVersion }: Work & { readonly work: "shift traffic" }): number | undefined {
    const { version, weights } = this.alias;
    if (version === targetVersion) return 100;
    return version === currentVersion ? Math.round((weights[targetVersion] ?? 0) * 100) : undefined;
  }
}

/** What an outcome is as an answer. */
export function answerOf(commandId: string, at: number, outcome: Outcome): Answer {
  switch (outcome.is) {
    case "progress":
      return { commandId, at, kind: "progress", because: outcome.because, noted: outcome.noted };
    case "done":
      return { commandId, at, kind: "completed", status: "Succeeded", ...(outcome.noted && { noted: outcome.noted }) };
    case "failed": {
      const { why: message } = outcome;
      const diagnostics = { errorCode: "UnknownError", scriptName: "", message, logTail: "" } as const;
      return { commandId, at, kind: "completed", status: "Failed", diagnostics };
    }
  }
}

/** A plan that takes `live` from one version to another. */
export const planFor = (
  { from, to, alias = "live" }: { readonly from: string; readonly to: string; readonly alias?: string },
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
