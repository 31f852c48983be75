import type { InvokeCommandOutput } from "@aws-sdk/client-lambda";
import { Fault } from "@sluice/aws-protocol";
import type { LambdaOperations } from "../context.ts";
import { chooseVersion, callFunction } from "../invocation/call-function.ts";
import { latest, readName } from "../names.ts";

/** Longest events, in bytes: Lambda's own limits. */
export const eventBytesMax = { synchronous: 6 * 1024 * 1024, asynchronous: 1024 * 1024 } as const;

/** The operation that calls a function. */
export const invocationOperations: LambdaOperations = {
  async Invoke(context, input) {
    const { name, qualifier } = readName(input.FunctionName, input.Qualifier);
    const payload = readEvent(input.Payload as Uint8Array | undefined); // a payload is decoded to bytes
    const event = { name, qualifier, payload, requestId: context.call.requestId, clientContext: input.ClientContext };
    switch (input.InvocationType ?? "RequestResponse") {
      case "DryRun":
        chooseVersion(context, event);
        return { StatusCode: 204 };
      case "Event":
        chooseVersion(context, event);
        checkLength(payload, eventBytesMax.asynchronous);
        context.events.add({ name, qualifier: qualifier ?? latest, payload });
        return { StatusCode: 202 };
      case "RequestResponse": {
        checkLength(payload, eventBytesMax.synchronous);
        const { outcome, version } = await callFunction(context, event);
        return {
          StatusCode: 200,
          ExecutedVersion: version,
          Payload: outcome.payload as unknown as InvokeCommandOutput["Payload"], // bytes; the SDK adds a method to its own
          FunctionError: outcome.failed ? "Unhandled" : undefined,
          LogResult: input.LogType === "Tail" ? Buffer.from(outcome.logTail).toString("base64") : undefined,
        };
      }
      default:
        throw new Fault("InvalidParameterValueException", `There is no invocation type "${input.InvocationType}"`);
    }
  },
};

function readEvent(payload: Uint8Array | undefined): Uint8Array {
  if (payload === undefined || payload.length === 0) return Buffer.from("{}");
  try {
    JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault("InvalidRequestContentException", `Could not parse request body into json: ${why}`, { cause });
  }
  return payload;
}

function checkLength(payload: Uint8Array, bytesMax: number): void {
  if (payload.length > bytesMax)
    throw new Fault(
      "RequestTooLargeException",
      `Request must be smaller than ${bytesMax} bytes for the InvokeFunction operation; it has ${payload.length}`,
      { status: 413 },
    );
}
