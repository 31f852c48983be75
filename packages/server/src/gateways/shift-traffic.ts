import {
  type AliasState,
  aliasInWords,
  type Checkpoint,
  type EffectOf,
  nextShiftInWords,
  percentDue,
} from "@sluice/engine";
import { getAlias, stateOfAlias } from "./check-function.ts";
import type { Clients } from "./clients.ts";
import { finished, isNamed, outcomeOfError, refused, underWay, type EffectOutcome } from "./outcome.ts";

type ShiftTraffic = EffectOf<"shift traffic">;

/**
 * Moves an alias's traffic to where it must be by now. It changes only a state that it has set itself: a change by
 * someone else is reported, not overwritten (deployments.md §11.3).
 */
export async function shiftTraffic(
  clients: Clients,
  effect: ShiftTraffic,
  { checkpoint, now }: { readonly checkpoint: Checkpoint | undefined; readonly now: number },
): Promise<EffectOutcome> {
  const percent = percentDue(effect.shifts, now);
  if (checkpoint?.shifted?.percent === percent) return shifted(effect, { percent, now });
  try {
    const lambda = await clients.lambda();
    const state = stateOfAlias(await getAlias(lambda, effect));
    const current = percentOf(state, effect);
    const lastRevision = checkpoint?.shifted?.revisionId ?? effect.before?.revisionId;
    // A step of the plan is our own shift whose checkpoint was lost.
    const isOurs = lastRevision === undefined || state.revisionId === lastRevision || isPlanned(effect, current);
    if (!isOurs) return refused("INVALID_LAMBDA_CONFIGURATION", changedBySomeoneElse(effect, state));
    if (current === percent) return shifted(effect, { percent, now }, state.revisionId);
    const { RevisionId = "" } = await lambda.updateAlias({
      FunctionName: effect.functionName,
      Name: effect.alias,
      RevisionId: state.revisionId,
      FunctionVersion: percent === 100 ? effect.targetVersion : effect.currentVersion,
      RoutingConfig: {
        AdditionalVersionWeights: percent === 100 ? {} : { [effect.targetVersion]: percent / 100 },
      },
    });
    return shifted(effect, { percent, now }, RevisionId);
  } catch (error) {
    // The alias has changed since it was read; the next attempt decides whether that change stops the shift.
    const isStale = isNamed(error, "PreconditionFailedException");
    return isStale ? underWay("the alias has just been changed") : outcomeOfError(error);
  }
}

function shifted(
  { shifts, targetVersion, alias }: ShiftTraffic,
  { percent, now }: { readonly percent: number; readonly now: number },
  revisionId?: string,
): EffectOutcome {
  const checkpoint = revisionId === undefined ? undefined : { shifted: { percent, revisionId } };
  if (percent === 100) return finished(checkpoint);
  const then = nextShiftInWords(shifts, now);
  return underWay(`version ${targetVersion} has ${percent} % of the traffic of ${alias}${then}`, checkpoint);
}

/** Returns the target version's share of the traffic, in percent; undefined if the alias is in no state of the plan. */
function percentOf({ version, weights }: AliasState, effect: ShiftTraffic): number | undefined {
  const others = Object.entries(weights);
  if (version === effect.targetVersion && others.length === 0) return 100;
  if (version !== effect.currentVersion) return undefined;
  const [other] = others;
  if (other === undefined) return 0;
  return other[0] === effect.targetVersion && others.length === 1 ? Math.round(other[1] * 100) : undefined;
}

const isPlanned = ({ shifts }: ShiftTraffic, current: number | undefined): boolean =>
  shifts.some(({ percent }) => percent === current);

const changedBySomeoneElse = ({ alias, functionName }: ShiftTraffic, state: AliasState): string =>
  `The alias "${alias}" of "${functionName}" was changed by somebody else while its traffic moved: it is now on ${aliasInWords(state)}`;
