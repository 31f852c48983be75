import type { Forecast } from "@sluice/engine";
import type { Rule } from "../explain/explanation.ts";
import { ruleOf } from "../explain/rule.ts";
import type { Snapshot } from "../explain/snapshot.ts";
import type { Plan } from "./plan.ts";
import { durationInWords, planLines } from "./plan-lines.ts";

/** What is known beside the forecast. */
export interface PlanFacts extends Pick<Plan, "left" | "basis" | "warnings"> {
  readonly application: string;
  readonly group: string;
  readonly revision: string;
  readonly configuration: string;
  /** By the ids of hosts. */
  readonly whys: ReadonlyMap<string, string>;
}

/** Makes a plan of a forecast. */
export function planOf(foretold: Forecast, facts: PlanFacts): Plan {
  const { application, group, revision, configuration, left, basis, warnings } = facts;
  const { from, until, outcome, waves, steps, holds, end } = foretold;
  const firstWave = new Map<string, number>();
  for (const { number, targets } of waves) for (const id of targets) if (!firstWave.has(id)) firstWave.set(id, number);
  const rule = outcome === "Succeeded" ? undefined : ruleOf(snapshotOf(foretold, facts));
  const plan = {
    application,
    group,
    revision,
    configuration,
    kind: end.deployment.kind,
    sentence: sentenceOf(foretold, rule),
    outcome,
    rule,
    from,
    until,
    minutes: Math.round((until - from) / 6_000) / 10,
    targets: end.targets.map(({ id, zone }) => ({ id, zone, why: facts.whys.get(id) ?? "", wave: firstWave.get(id) })),
    left,
    waves,
    steps,
    holds,
    basis,
    warnings,
  };
  return { ...plan, text: planLines(plan) };
}

const snapshotOf = ({ end }: Forecast, { application, group, revision, configuration }: PlanFacts): Snapshot => ({
  application,
  group,
  revision,
  configuration,
  creator: "user",
  facts: new Map(),
  ...end,
});

function sentenceOf({ outcome, stuck, from, until, waves, end, error }: Forecast, rule: Rule | undefined): string {
  const count = end.targets.length;
  const takes = durationInWords(until - from);
  if (stuck !== undefined) return `It cannot be followed to its end: ${stuck}`;
  const hosts = count === 1 ? "1 target" : `${count} targets`;
  const inWaves = waves.length === 1 ? "1 wave" : `${waves.length} waves`;
  if (outcome === "Succeeded") return `Would succeed: ${hosts} in ${inWaves}, ${takes}`;
  const skipped = end.targets.filter(({ status }) => status === "Skipped").length;
  const untried = skipped === 0 ? "" : `; ${skipped} not tried`;
  return `Would end as ${outcome} after ${takes}: ${rule?.text ?? error?.message ?? ""}${untried}`;
}
