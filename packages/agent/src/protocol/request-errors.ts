// Errors of requests, by what can be done about them.

/** The service understood the request and refuses it. A retry would fail, too. */
export class RequestRefused extends Error {}

/** The service refuses this caller, or is not the right one. An operator may correct that some time. */
export class AccessRefused extends RequestRefused {}

/** The service, or the network, has a problem. A retry may succeed. */
export class TransientError extends Error {}

/** The service limits the rate of requests. */
export class Throttled extends TransientError {}

/** Error codes of Node and the system for a service or a network that is not available. A host name that does not exist and an untrusted certificate are not among them: a retry would fail, too. */
const transientCodes: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "EADDRNOTAVAIL",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_STREAM_PREMATURE_CLOSE",
  "HPE_INVALID_EOF_STATE",
]);

/** How deep the chain of causes is followed. */
const causesMax = 5;

/** Whether a retry may succeed. Unknown errors, such as defects of this program, are not transient. */
export function isTransient(error: unknown): boolean {
  let found = error;
  for (let depth = 0; depth <= causesMax && found instanceof Error; depth += 1) {
    if (found instanceof RequestRefused) return false;
    if (found instanceof TransientError) return true;
    if ("code" in found && typeof found.code === "string" && transientCodes.has(found.code)) return true;
    found = found.cause;
  }
  return false;
}

/** The service did not answer in time. */
export const timedOut = (milliseconds: number): Error =>
  Object.assign(new Error(`no answer within ${milliseconds / 1000} s`), { code: "ETIMEDOUT" });

/** Returns the error for a response's status and error code. */
export function errorOfStatus(status: number, code: string | undefined, sentence: string): Error {
  if (status === 429 || /^(SlowDown|Throttl|TooManyRequests|RateExceeded|RequestLimit)/i.test(code ?? ""))
    return new Throttled(sentence);
  const passes = status >= 500 || status === 408 || /^(RequestTimeout|InternalError)$/.test(code ?? "");
  return passes ? new TransientError(sentence) : new RequestRefused(sentence);
}
