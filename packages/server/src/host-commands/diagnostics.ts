import type { Envelope } from "@sluice/aws-protocol";
import type { Diagnostics } from "@sluice/engine";

/** Characters of a diagnostics payload that are read (agent.md §1.2). */
const payloadCharactersMax = 8192;

/** Characters of the log's end that are kept: the API shows 4 KB. */
const logTailCharactersMax = 4096;

const errorCodes: Readonly<Record<string, Diagnostics["errorCode"]>> = {
  0: "Success",
  1: "ScriptMissing",
  2: "ScriptNotExecutable",
  3: "ScriptTimedOut",
  4: "ScriptFailed",
};

/** What a host says of an outcome. Whatever it sends becomes diagnostics: a success without any is a success (agent.md §1.5). */
export function diagnosticsOf(envelope: Envelope | undefined, status: "Succeeded" | "Failed"): Diagnostics {
  if (status === "Succeeded") return { errorCode: "Success", scriptName: "", message: "Succeeded", logTail: "" };
  const { error_code, script_name, message, log } = payloadOf(envelope?.Payload ?? "");
  return {
    errorCode:
      errorCodes[String(error_code)] === "Success"
        ? "UnknownError"
        : (errorCodes[String(error_code)] ?? "UnknownError"),
    scriptName: text(script_name),
    message: text(message),
    logTail: text(log).slice(-logTailCharactersMax),
  };
}

function payloadOf(payload: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(payload);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { message: payload.slice(0, payloadCharactersMax) }; // not the JSON that agents send: shown as it came
}

const text = (value: unknown): string => (typeof value === "string" ? value.slice(0, payloadCharactersMax) : "");
