import type { Difference } from "./explanation.ts";

/** Facts of targets by id. */
type Facts = ReadonlyMap<string, Readonly<Record<string, string | undefined>>>;

/** So many of the failed targets have a fact that is worth telling. */
const failedShareMin = 0.75;

/** The share of the good targets with it is smaller by so much. */
const differenceMin = 0.5;

/** More facts are not read. */
const differencesMax = 4;

/**
 * Returns the facts that failed targets share and good ones do not, the clearest first. Without good targets nothing
 * can be said, and each fact is counted once, whatever its values.
 */
export function differencesOf(failed: readonly string[], good: readonly string[], facts: Facts): readonly Difference[] {
  if (failed.length === 0 || good.length === 0) return [];
  const among = { failed: counted(failed, facts), good: counted(good, facts) };
  const found: Difference[] = [];
  for (const [fact, values] of among.failed)
    for (const [value, failedWith] of values) {
      const goodWith = among.good.get(fact)?.get(value) ?? 0;
      const [failedShare, goodShare] = [failedWith / failed.length, goodWith / good.length];
      if (failedShare < failedShareMin || failedShare - goodShare < differenceMin) continue;
      found.push({ fact, value, failedWith, failed: failed.length, goodWith, good: good.length });
    }
  return found.toSorted((a, b) => clarity(b) - clarity(a)).slice(0, differencesMax);
}

const clarity = ({ failedWith, failed, goodWith, good }: Difference) => failedWith / failed - goodWith / good;

/** How many of these targets have which value of which fact. */
function counted(ids: readonly string[], facts: Facts): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const counts = new Map<string, Map<string, number>>();
  for (const id of ids)
    for (const [fact, value] of Object.entries(facts.get(id) ?? {})) {
      if (value === undefined) continue;
      const values = counts.get(fact) ?? new Map<string, number>();
      counts.set(fact, values);
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  return counts;
}

/** Such as `zone us-east-1b: 3 of the 3 that failed, 0 of the 37 that succeeded`. */
export const differenceInWords = ({ fact, value, failedWith, failed, goodWith, good }: Difference): string =>
  `${fact} ${value}: ${failedWith} of the ${failed} that failed, ${goodWith} of the ${good} that succeeded`;
