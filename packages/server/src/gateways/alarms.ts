import type { AlarmReading } from "@sluice/engine";
import type { Clients } from "./clients.ts";
import { isDenied, outcomeOfError } from "./outcome.ts";

/**
 * Reads alarms by name. Returns `retry`, with the reason, for a failure that may pass. An alarm that does not exist
 * makes the reading unreadable (deployments.md §10.1 rule 4).
 */
export async function readAlarms(
  clients: Clients,
  names: readonly string[],
): Promise<AlarmReading | { readonly retry: string }> {
  try {
    const cloudWatch = await clients.cloudWatch();
    const { MetricAlarms = [], CompositeAlarms = [] } = await cloudWatch.describeAlarms({
      AlarmNames: [...names],
      AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
    });
    const alarms = [...MetricAlarms, ...CompositeAlarms];
    const missing = names.filter((name) => alarms.every(({ AlarmName }) => AlarmName !== name));
    if (missing.length > 0) return { unreadable: `there is no alarm ${missing.join(", ")}` };
    return {
      active: alarms
        .filter(({ StateValue }) => StateValue === "ALARM")
        .map(({ AlarmName: name = "", StateUpdatedTimestamp: since }) => ({ name, since: since?.getTime() })),
    };
  } catch (error) {
    const outcome = outcomeOfError(error);
    if (outcome.is !== "failed") return { retry: outcome.is === "under way" ? outcome.because : "" };
    return { unreadable: outcome.error.message, isDenied: isDenied(error) ? true : undefined };
  }
}
