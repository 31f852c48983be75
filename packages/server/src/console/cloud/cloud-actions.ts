import type { Clients } from "../../gateways/clients.ts";
import type { CloudAction } from "../contract.ts";
import { optionalText, textIn } from "../http/body.ts";
import { badRequest, ConsoleProblem } from "../http/problem.ts";
import type { ActionBody } from "../actions/actions.ts";
import { isDenial } from "./parts.ts";

type Act = (clients: Clients, body: ActionBody) => Promise<object>;

const ids = (body: ActionBody) => ({ InstanceIds: [textIn(body, "instanceId")] });

const alarmStates = ["OK", "ALARM", "INSUFFICIENT_DATA"] as const;
const hookResults = ["CONTINUE", "ABANDON"] as const;

/** The actions on the local cloud: each is the operation of its service, called as the session's principal. */
const actions: Readonly<Record<CloudAction, Act>> = {
  "start-instance": async (clients, body) => (await clients.ec2()).startInstances(ids(body)),
  "stop-instance": async (clients, body) => (await clients.ec2()).stopInstances(ids(body)),
  "terminate-instance": async (clients, body) => (await clients.ec2()).terminateInstances(ids(body)),
  "set-alarm": async (clients, body) =>
    (await clients.cloudWatch()).setAlarmState({
      AlarmName: textIn(body, "name"),
      StateValue: oneOf(body, "state", alarmStates),
      StateReason: optionalText(body, "reason") ?? "Set in the console",
    }),
  "set-desired": async (clients, body) =>
    (await clients.autoScaling()).setDesiredCapacity({
      AutoScalingGroupName: textIn(body, "scalingGroup"),
      DesiredCapacity: wholeIn(body, "desired"),
    }),
  "complete-hook": async (clients, body) =>
    (await clients.autoScaling()).completeLifecycleAction({
      AutoScalingGroupName: textIn(body, "scalingGroup"),
      LifecycleHookName: textIn(body, "hook"),
      InstanceId: textIn(body, "instanceId"),
      LifecycleActionResult: oneOf(body, "result", hookResults),
    }),
  "protect-instance": async (clients, body) =>
    (await clients.autoScaling()).setInstanceProtection({
      AutoScalingGroupName: textIn(body, "scalingGroup"),
      InstanceIds: [textIn(body, "instanceId")],
      ProtectedFromScaleIn: truthIn(body, "isProtected"),
    }),
  "drain-target": async (clients, body) =>
    (await clients.loadBalancing()).deregisterTargets({
      TargetGroupArn: textIn(body, "targetGroupArn"),
      Targets: [
        { Id: textIn(body, "targetId"), ...(body["port"] === undefined ? {} : { Port: wholeIn(body, "port") }) },
      ],
    }),
};

/** The action of a name; undefined when there is none on the cloud. */
export const cloudActionOf = (name: string): Act | undefined =>
  Object.hasOwn(actions, name) ? (Reflect.get(actions, name) as Act) : undefined; // one of its own

/** Calls a service. Throws what it has refused as a problem. */
export async function actOnCloud(
  act: Act,
  clients: Clients,
  body: ActionBody,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const { $metadata: _, ...output } = (await act(clients, body)) as Record<string, unknown>; // an output of the SDK
    return output;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ConsoleProblem) throw error;
    throw new ConsoleProblem(isDenial(error) ? 403 : 400, error.name, error.message);
  }
}

function oneOf<const Choice extends string>(body: ActionBody, name: string, choices: readonly Choice[]): Choice {
  const text = textIn(body, name);
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw badRequest(`${name} must be one of ${choices.join(", ")}`);
}

function wholeIn(body: ActionBody, name: string): number {
  const value = body[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw badRequest(`${name} must be a whole number`);
}

function truthIn(body: ActionBody, name: string): boolean {
  const value = body[name];
  if (typeof value === "boolean") return value;
  throw badRequest(`${name} must be true or false`);
}
