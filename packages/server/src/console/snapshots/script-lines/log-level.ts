import type { LogLine } from "../../contract.ts";

/** How long a line may be that is looked at, in characters: what is in it stands at its beginning. */
const lookedAtMax = 2_000;

/** Guesses how bad a line is, from its words. */
export function levelOf(text: string): LogLine["level"] {
  const looked = text.slice(0, lookedAtMax);
  if (/\b(?:error|fatal|failed|failure|exception|traceback|panic)\b/i.test(looked)) return "error";
  return /\bwarn(?:ing)?\b/i.test(looked) ? "warning" : undefined;
}
