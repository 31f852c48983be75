import type { AlarmReading } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { isDenied, outcomeOfError } from "./outcome.ts";

/** What a look at alarms by name gave, or why it has to be taken again. An alarm that does not exist makes the reading unreadable (deployments.md §10.1 rule 4). */
export async function readAlarms(
  clients: Clients,
  names: readonly string[],
): Promise<AlarmReading | { readonly again: string }> {
  try {
    const { AlarmType, DescribeAlarmsCommand } = await import("@aws-sdk/client-cloudwatch");
    const { MetricAlarms = [], CompositeAlarms = [] } = await (
      await clients.alarms()
    ).send(
      new DescribeAlarmsCommand({
        AlarmNames: [...names],
        AlarmTypes: [AlarmType.MetricAlarm, AlarmType.CompositeAlarm],
      }),
    );
    const found = [...MetricAlarms, ...CompositeAlarms];
    const missing = names.filter((name) => found.every(({ AlarmName }) => AlarmName !== name));
    if (missing.length > 0) return { unreadable: `there is no alarm ${missing.join(", ")}` };
    return {
      active: found
        .filter(({ StateValue }) => StateValue === "ALARM")
        .map(({ AlarmName: name = "", StateUpdatedTimestamp: since }) => ({
          name,
          since: since?.getTime(),
        })),
    };
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome.is !== "failed") return { again: outcome.is === "under way" ? outcome.because : "" };
    return { unreadable: outcome.error.message, isDenied: isDenied(error) ? true : undefined };
  }
}
