// What can go wrong with a request, by what there is to be done about it.

/** The service understood the request and refuses it: asking again gives the same answer. */
export class RequestRefused extends Error {}

/** It is refused for who is asking, or for where it has come to: that may be mended from outside, some day. */
export class AccessRefused extends RequestRefused {}

/** The service, or the way to it, is in trouble: the same request may be answered in a moment. */
export class TransientError extends Error {}

/** The service is asked too often. */
export class Throttled extends TransientError {}

/** By these codes Node and the system say that a service, or the way to it, is away. A name that does not exist and a certificate that is not trusted are none of them: they are so in five minutes, too. */
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

/** Causes of causes that are looked at. */
const causesMax = 5;

/** Whether what failed may succeed when it is tried again. Whatever is not known to pass, a defect of this program for one, does not. */
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

/** What an answer's status, and the error code in it, say of the trouble. */
export function errorOfStatus(status: number, code: string | undefined, sentence: string): Error {
  if (status === 429 || /^(SlowDown|Throttl|TooManyRequests|RateExceeded|RequestLimit)/i.test(code ?? ""))
    return new Throttled(sentence);
  const passes = status >= 500 || status === 408 || /^(RequestTimeout|InternalError)$/.test(code ?? "");
  return passes ? new TransientError(sentence) : new RequestRefused(sentence);
}
