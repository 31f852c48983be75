import { Fault, printable, type RecordedRequest } from "@sluice/aws-protocol";
import type { AuditLog } from "./audit-log.ts";

/** Operations that only read, by the words that AWS begins their names with. */
const reading = /^(Get|List|Describe|Head|BatchGet|Search|Simulate|Filter|Poll|Explain|Plan)[A-Z]/;

/**
 * Names for which the rule above is wrong. The last three carry measurements and log lines of programs, on which
 * nothing is decided.
 */
const exceptions: ReadonlyMap<string, "change" | "no change"> = new Map([
  ["GetSessionToken", "change"],
  ["PostHostCommandUpdate", "no change"],
  ["PutHostCommandOutput", "no change"],
  ["Invoke", "no change"],
  ["InvokeFunctionUrl", "no change"],
  ["PutMetricData", "no change"],
  ["PutLogEvents", "no change"],
  ["CreateLogStream", "no change"],
  ["BatchCheckLayerAvailability", "no change"],
  // Nobody sees a layer before its upload is completed.
  ["InitiateLayerUpload", "no change"],
  ["UploadLayerPart", "no change"],
] as const);

/** Whether an operation changes something. */
export function isChange(operation: string): boolean {
  const exception = exceptions.get(operation);
  return exception === undefined ? !reading.test(operation) : exception === "change";
}

/** The longest ARN that AWS knows, in characters. A request that was refused may have named anything. */
const resourceLengthMax = 2048;

/**
 * Records requests that change something, also when they are refused; resolves once they are on the disk. Throws a
 * fault if that fails: a change that is in no log is not acknowledged. Agents do not wait for it: their reports are in
 * the store already.
 */
export function recordChanges(
  audit: AuditLog,
  onDefect: (error: unknown, about: string) => void,
): (request: RecordedRequest) => Promise<void> | undefined {
  return ({ call, service, response: { operation, fault, resources = [] } }) => {
    if (operation === undefined || !isChange(operation)) return undefined;
    const entry = {
      at: call.receivedAt,
      requestId: call.requestId,
      service,
      operation,
      caller: printable(call.principal.arn, resourceLengthMax),
      accessKeyId: call.accessKeyId,
      sourceIp: call.sourceIp,
      resources: resources.map((resource) => printable(resource, resourceLengthMax)),
      outcome: fault ?? "Succeeded",
    };
    const isAwaited = service !== "codedeploy-commands";
    const written = isAwaited ? audit.append(entry) : audit.appendSoon(entry);
    const recorded = written.catch((error: unknown) => {
      onDefect(error, call.requestId);
      throw new Fault("ServiceUnavailable", "The audit log cannot be written, so this request is not acknowledged", {
        status: 503,
      });
    });
    if (isAwaited) return recorded;
    recorded.catch(() => {}); // reported above; nothing waits for it
    return undefined;
  };
}
