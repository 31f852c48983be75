/** How a command ended, as it is reported to the control plane (agent.md §1.5, §6.5). */
export interface CommandReport {
  readonly status: "Succeeded" | "Failed";
  readonly errorCode: ErrorCode;
  readonly scriptName: string;
  readonly message: string;
  /** The end of the scripts' output. */
  readonly log: string;
}

/** The numbers by which hosts name what went wrong. */
export const errorCodes = {
  success: 0,
  scriptMissing: 1,
  scriptNotExecutable: 2,
  scriptTimedOut: 3,
  scriptFailed: 4,
  unknownError: 5,
  outputsLeftOpen: 6,
  failedAfterRestart: 7,
} as const;

/** One of these numbers. */
export type ErrorCode = (typeof errorCodes)[keyof typeof errorCodes];

/** The report of a command that succeeded. */
export const succeeded: CommandReport = {
  status: "Succeeded",
  errorCode: errorCodes.success,
  scriptName: "",
  message: "Succeeded: ",
  log: "",
};

/** The control plane had given up on an event for which there was nothing to do. */
export const completedNoop: CommandReport = { ...succeeded, message: "Succeeded: CompletedNoopCommand" };

/** The agent ended while the command ran. */
export const failedAfterRestart: CommandReport = {
  status: "Failed",
  errorCode: errorCodes.failedAfterRestart,
  scriptName: "",
  message: "Failed: Failing in-progress lifecycle event after an agent restart.",
  log: "",
};

/** The report of a command that ended with an error. */
export function reportOf(error: unknown): CommandReport {
  if (error instanceof ScriptError)
    return {
      status: "Failed",
      errorCode: error.errorCode,
      scriptName: error.scriptName,
      message: error.message,
      log: error.log,
    };
  return {
    status: "Failed",
    errorCode: errorCodes.unknownError,
    scriptName: "",
    message: error instanceof Error ? error.message : String(error),
    log: "",
  };
}

/** Whether an error tells of a mistake in this program, or of a Node that lacks something. */
export const isDefect = (error: unknown): boolean => error instanceof TypeError || error instanceof ReferenceError;

/** A script has failed. */
export class ScriptError extends Error {
  readonly errorCode: ErrorCode;
  readonly scriptName: string;
  readonly log: string;

  constructor(
    message: string,
    { errorCode, scriptName, log }: { errorCode: ErrorCode; scriptName: string; log: string },
  ) {
    super(message);
    this.errorCode = errorCode;
    this.scriptName = scriptName;
    this.log = log;
  }
}

/** Characters that a diagnostics payload may have (agent.md §1.2). */
const payloadCharactersMax = 8192;

/** A report as the JSON text that goes over the wire. A message that would not fit is cut. */
export function diagnosticsPayload({ errorCode, scriptName, message, log }: CommandReport): string {
  const write = (text: string, tail: string) =>
    JSON.stringify({ error_code: errorCode, script_name: scriptName, message: text, log: tail });
  const payload = write(message, log);
  if (payload.length <= payloadCharactersMax) return payload;
  const shorter = write(message.slice(0, 2048), log);
  return shorter.length <= payloadCharactersMax ? shorter : write(message.slice(0, 1024), log.slice(-512));
}
