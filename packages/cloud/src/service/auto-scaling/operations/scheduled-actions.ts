import type { ScheduledUpdateGroupAction, ScheduledUpdateGroupActionRequest } from "@aws-sdk/client-auto-scaling";
import { Fault } from "@sluice/aws-protocol";
import type { AutoScalingContext, AutoScalingOperations } from "../context.ts";
import { uuidOf } from "../names.ts";
import { pageOf } from "../pagination.ts";
import { dueAfter, type ScheduledAction } from "../model/scheduled-action.ts";

/** Operations on scheduled actions. */
export const scheduledActionOperations: AutoScalingOperations = {
  PutScheduledUpdateGroupAction(context, { AutoScalingGroupName, Time, StartTime = Time, ...request }) {
    put(context, AutoScalingGroupName, { ...request, StartTime });
  },

  BatchPutScheduledUpdateGroupAction(context, { AutoScalingGroupName, ScheduledUpdateGroupActions = [] }) {
    return {
      FailedScheduledUpdateGroupActions: failures(ScheduledUpdateGroupActions, (request) =>
        put(context, AutoScalingGroupName, request),
      ),
    };
  },

  DeleteScheduledAction(context, { AutoScalingGroupName, ScheduledActionName }) {
    remove(context, AutoScalingGroupName, ScheduledActionName);
  },

  BatchDeleteScheduledAction(context, { AutoScalingGroupName, ScheduledActionNames = [] }) {
    const named = ScheduledActionNames.map((ScheduledActionName) => ({ ScheduledActionName }));
    return {
      FailedScheduledActions: failures(named, ({ ScheduledActionName }) =>
        remove(context, AutoScalingGroupName, ScheduledActionName),
      ),
    };
  },

  DescribeScheduledActions(context, input) {
    const { AutoScalingGroupName: group, ScheduledActionNames: names = [], StartTime, EndTime } = input;
    const found = context.scheduledActions
      .all()
      .filter(
        (action) =>
          (group === undefined || action.group === group) &&
          (names.length === 0 || names.includes(action.name)) &&
          (StartTime === undefined || (action.dueAt ?? 0) >= StartTime.getTime()) &&
          (EndTime === undefined || (action.dueAt ?? 0) <= EndTime.getTime()),
      );
    const { items, next } = pageOf(found, input);
    return { ScheduledUpdateGroupActions: items.map((action) => describe(context, action)), NextToken: next };
  },
};

function put(
  context: AutoScalingContext,
  groupName: string | undefined,
  request: ScheduledUpdateGroupActionRequest,
): void {
  const { groups, scheduledActions, clock } = context;
  const group = groups.getActive(groupName);
  const {
    ScheduledActionName: name = "",
    StartTime,
    EndTime,
    Recurrence,
    TimeZone,
    MinSize,
    MaxSize,
    DesiredCapacity,
  } = request;
  if (name === "" || name.length > 255)
    throw new Fault("ValidationError", "A scheduled action's name must have 1 to 255 characters");
  if (MinSize === undefined && MaxSize === undefined && DesiredCapacity === undefined)
    throw new Fault("ValidationError", "At least one of MinSize, MaxSize and DesiredCapacity must be specified");
  if (StartTime === undefined && Recurrence === undefined)
    throw new Fault("ValidationError", "StartTime or Recurrence must be specified");
  if (StartTime !== undefined && StartTime.getTime() < clock())
    throw new Fault("ValidationError", "Given start time is in the past");
  const action = {
    id: `${group.name} ${name}`,
    group: group.name,
    name,
    startAt: StartTime?.getTime(),
    endAt: EndTime?.getTime(),
    recurrence: Recurrence,
    timeZone: TimeZone,
    minSize: MinSize,
    maxSize: MaxSize,
    desired: DesiredCapacity,
  };
  const dueAt = dueAfter(action, clock());
  if (dueAt === undefined) throw new Fault("ValidationError", "The scheduled action would never run");
  scheduledActions.put(action.id, { ...action, dueAt });
}

function remove({ groups, scheduledActions }: AutoScalingContext, groupName: string | undefined, name = ""): void {
  if (scheduledActions.delete(`${groups.get(groupName).name} ${name}`)) return;
  throw new Fault("ValidationError", `Scheduled action name not found - ${name}`);
}

/** Returns what failed of a batch, each with its fault. */
function failures<Request extends { readonly ScheduledActionName: string | undefined }>(
  requests: readonly Request[],
  act: (request: Request) => void,
) {
  return requests.flatMap((request) => {
    try {
      act(request);
      return [];
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return [{ ScheduledActionName: request.ScheduledActionName, ErrorCode: error.code, ErrorMessage: error.message }];
    }
  });
}

const timeOf = (milliseconds: number | undefined) => (milliseconds === undefined ? undefined : new Date(milliseconds));

function describe({ region, accountId }: AutoScalingContext, action: ScheduledAction): ScheduledUpdateGroupAction {
  const { id, group, name, dueAt, startAt, endAt, recurrence, timeZone, minSize, maxSize, desired } = action;
  const start = timeOf(dueAt ?? startAt);
  return {
    AutoScalingGroupName: group,
    ScheduledActionName: name,
    ScheduledActionARN: `arn:aws:autoscaling:${region}:${accountId}:scheduledUpdateGroupAction:${uuidOf(id)}:autoScalingGroupName/${group}:scheduledActionName/${name}`,
    StartTime: start,
    Time: start,
    EndTime: timeOf(endAt),
    Recurrence: recurrence,
    TimeZone: timeZone,
    MinSize: minSize,
    MaxSize: maxSize,
    DesiredCapacity: desired,
  };
}
