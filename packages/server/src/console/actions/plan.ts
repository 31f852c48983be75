import type { PlanAnswer } from "../contract.ts";
import type { Plan } from "../../plan/plan.ts";
import { badRequest } from "../http/problem.ts";
import type { Viewer } from "../rights/viewer.ts";
import type { ActionBody } from "./actions.ts";

/** `POST /console/api/plan`: what `sluice plan` says, by the same operation. */
export async function planFor(viewer: Viewer, body: ActionBody): Promise<PlanAnswer> {
  const { input } = body;
  if (typeof input !== "object" || input === null || Array.isArray(input))
    throw badRequest("input must be an object: CreateDeployment's input");
  const output = await viewer.perform("sluice", "PlanDeployment", { deployment: input, ...troubleIn(body) });
  const { targets, left, waves, steps, outcome, sentence, rule, from, until, warnings } = output["plan"] as Plan; // the operation's output
  return {
    targets: targets.map(({ id, wave = 0, why }) => ({ id, wave, why })),
    refused: left,
    waves: waves.map((wave) => ({
      number: wave.number,
      targets: wave.targets.length,
      boundBy: wave.because,
      startsAfter: wave.from - from,
      duration: wave.until === undefined ? undefined : wave.until - wave.from,
    })),
    steps: steps.map(({ name }) => name),
    outcome: { status: outcome ?? "unknown", text: rule === undefined ? sentence : `${sentence}. ${rule.text}` },
    duration: until - from,
    warnings,
  };
}

/** Trouble to play the plan with. What is wrong about it the operation says. */
function troubleIn({ fail, zonesDown }: ActionBody): ActionBody {
  if (zonesDown !== undefined && (!Array.isArray(zonesDown) || zonesDown.length > 1))
    throw badRequest("zonesDown must be a list of one zone");
  const [zoneDown] = (zonesDown as readonly unknown[] | undefined) ?? [];
  return {
    ...(typeof fail === "number" ? { failFirst: fail } : fail === undefined ? {} : { fail }),
    ...(zoneDown === undefined ? {} : { zoneDown }),
  };
}
