import { randomBytes } from "node:crypto";

/** A random number in hex, as AWS's ids carry it; `bytes` is half its length. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}
