import { defineService, type Service, serviceModel, accessesFromTable } from "@sluice/aws-protocol";
import { logsAccesses } from "./accesses.ts";
import type { LogsContext } from "./context.ts";
import { eventOperations } from "./events.ts";
import { groupOperations } from "./groups.ts";

export { logsTables } from "./tables.ts";
export { LogStore, type LogLine, type LogPlace } from "./log-store.ts";

/** CloudWatch Logs, as far as functions and the readers of their output need it. */
export function logsService(context: LogsContext, onDefect: (error: unknown, requestId: string) => void): Service {
  return defineService({
    listItemsMax: 10_000, // of PutLogEvents
    name: "logs",
    model: serviceModel("logs"),
    signingNames: ["logs"],
    operations: { ...groupOperations, ...eventOperations },
    context,
    accesses: accessesFromTable(logsAccesses(context)),
    onDefect,
  });
}
