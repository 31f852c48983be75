import { printable, type RecordedRequest } from "@sluice/aws-protocol";
import type { Store } from "../store/index.ts";
import { isChange } from "../audit/record-changes.ts";

/** Services whose calls change what deployments do. Those of hosts have events of their own. */
const services: ReadonlySet<string> = new Set(["codedeploy", "sluice"]);

/** The longest ARN that is kept, in characters. */
const arnLengthMax = 2_048;

/**
 * Appends calls that have changed something. The audit log is their record, and that of calls that were refused: this is
 * for people who follow what happens, so no answer waits for it.
 */
export function recordCalls(
  store: Pick<Store, "events" | "writeDeferred">,
  onDefect: (error: unknown, about: string) => void,
): (request: RecordedRequest) => void {
  return ({ call, service, response: { operation, fault, resources = [] } }) => {
    if (operation === undefined || fault !== undefined) return;
    if (!services.has(service) || !isChange(operation)) return;
    const [resource] = resources;
    const event = {
      at: call.receivedAt,
      kind: "API call",
      event: operation,
      to: "Succeeded",
      actor: printable(call.principal.arn, arnLengthMax),
      ...namesIn(resource),
      detail: {
        requestId: call.requestId,
        ...(resource === undefined ? {} : { resource: printable(resource, arnLengthMax) }),
      },
    } as const;
    store.writeDeferred(() => store.events.append(event)).catch((error: unknown) => onDefect(error, call.requestId));
  };
}

/** The application and the group that an ARN of CodeDeploy names. */
function namesIn(resource: string | undefined): { readonly application?: string; readonly group?: string } {
  const [, kind, name = ""] =
    /^arn:[^:]*:codedeploy:[^:]*:[^:]*:(application|deploymentgroup):(.*)$/s.exec(resource ?? "") ?? [];
  if (kind === undefined || name.length > arnLengthMax) return {};
  const slash = name.indexOf("/");
  if (kind === "application" || slash < 0) return { application: printable(name, arnLengthMax) };
  return {
    application: printable(name.slice(0, slash), arnLengthMax),
    group: printable(name.slice(slash + 1), arnLengthMax),
  };
}
