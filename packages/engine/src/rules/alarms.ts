import type { Decision } from "../decision.ts";
import { isEnding } from "./ending.ts";
import { alarmActive, alarmsUnreadable } from "../messages/messages.ts";
import { type Stage, done } from "../workflows/workflow.ts";
import type { ErrorInformation, World } from "../world.ts";

/** An alarm that is active stops the deployment, whatever it waits for (deployments.md §10.1). It is remembered: hosts may still be under way when the alarm is over. */
export function stopOnAlarm(world: World): readonly Decision[] {
  if (isEnding(world)) return [];
  const error = fired(world);
  if (error === undefined) return [];
  const as = error.code === "ALARM_ACTIVE" ? undefined : "Failed"; // what the role may not do is no alarm
  return [{ do: "stop", as, error, because: error.message }];
}

/** Nothing is contacted before the alarms have been read once. */
export const alarmsRead: Stage = ({ deployment, alarms }) =>
  deployment.alarms === undefined || alarms !== undefined
    ? done
    : { is: "waiting", for: `the states of the alarms ${deployment.alarms.names.join(", ")}` };

function fired({ deployment, alarms }: World): ErrorInformation | undefined {
  if (deployment.alarms === undefined || alarms === undefined) return undefined;
  if ("unreadable" in alarms)
    return deployment.alarms.ignorePollAlarmFailure ? undefined : alarmsUnreadable(deployment.alarms, alarms);
  return alarms.active.length === 0 ? undefined : alarmActive(alarms.active, deployment.startTime);
}
