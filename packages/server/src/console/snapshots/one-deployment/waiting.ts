import { isOver } from "@sluice/engine";
import type { Waiting } from "../../contract.ts";
import type { DeploymentRecord } from "../../../store/deployments/records.ts";

/** For what a deployment as a whole waits: a person, or a time. */
export function waitingOf(_context: object, { state }: DeploymentRecord): Waiting | undefined {
  if (isOver(state)) return undefined;
  const hold = state.holds.find(({ endedAt }) => endedAt === undefined);
  if (hold === undefined) return undefined;
  const { name, until } = hold;
  if (name === "READY_WAIT")
    return {
      kind: name,
      text: "The replacement is ready. Traffic moves when somebody continues the deployment; otherwise it stops when its time is over",
      until,
      needsPerson: true,
    };
  if (name === "TERMINATION_WAIT")
    return { kind: name, text: "The originals are kept until their time is over", until, needsPerson: false };
  return { kind: "monitor", text: `Watches the alarms of ${name.slice("monitor ".length)}`, until, needsPerson: false };
}
