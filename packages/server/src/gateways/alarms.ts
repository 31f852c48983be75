import type { AlarmReading } from "@sluice/engine";
import type { Clients } from "./clients.ts";

/** Reads the states of alarms by name. One that does not exist, or cannot be read, makes the whole reading unreadable (deployments.md §10.1 rule 4). */
export async function readAlarms(clients: Clients, names: readonly string[]): Promise<AlarmReading> {
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
          ...(since === undefined ? {} : { since: since.getTime() }),
        })),
    };
  } catch (error) {
    return { unreadable: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}
