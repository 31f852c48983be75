import { randomBytes } from "node:crypto";

/** Returns a random number in hex, as AWS's ids carry it; `bytes` is half its length. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString("hex");
}

/** Random capital letters and digits, as IAM's unique ids have them after their prefix. */
export function randomId(characters: number): string {
  return Array.from(randomBytes(characters), (byte) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32]).join("");
}

/** Returns a random number, at least 0 and below 1, for processes that are not given their chance. */
export const chance = (): number => Math.random();
