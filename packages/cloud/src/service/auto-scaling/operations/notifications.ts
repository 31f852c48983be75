import { Fault } from "@sluice/aws-protocol";
import { notificationTypes, notify } from "../act/notify.ts";
import type { AutoScalingOperations } from "../context.ts";
import { pageOf } from "../pagination.ts";

/** Operations on notifications. */
export const notificationOperations: AutoScalingOperations = {
  PutNotificationConfiguration(
    context,
    { AutoScalingGroupName, TopicARN: topicArn = "", NotificationTypes: types = [] },
  ) {
    const group = context.groups.get(AutoScalingGroupName);
    const unknown = types.find((type) => !notificationTypes.some((known) => known === type));
    if (unknown !== undefined || types.length === 0)
      throw new Fault(
        "ValidationError",
        `"${unknown ?? ""}" is not a valid notification type: ${notificationTypes.join(", ")} are`,
      );
    const id = `${group.name} ${topicArn}`;
    context.notifications.put(id, { id, group: group.name, topicArn, types });
    notify(context, group, { event: "autoscaling:TEST_NOTIFICATION", instanceId: "", activityId: undefined });
  },

  DeleteNotificationConfiguration({ groups, notifications }, { AutoScalingGroupName, TopicARN = "" }) {
    notifications.delete(`${groups.get(AutoScalingGroupName).name} ${TopicARN}`);
  },

  DescribeNotificationConfigurations({ notifications }, input) {
    const { AutoScalingGroupNames: names = [] } = input;
    const found = notifications.all().filter(({ group }) => names.length === 0 || names.includes(group));
    const { items, next } = pageOf(found, input);
    return {
      NotificationConfigurations: items.flatMap(({ group, topicArn, types }) =>
        types.map((NotificationType) => ({ AutoScalingGroupName: group, TopicARN: topicArn, NotificationType })),
      ),
      NextToken: next,
    };
  },

  DescribeAutoScalingNotificationTypes: () => ({ AutoScalingNotificationTypes: [...notificationTypes] }),
};
