import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** What the connection between two nodes is called when it is asked for. */
export const protocolName = "sluice-peer";

/** The headers that carry what each side has drawn, and the writer's proof. */
export const headerNames = { nonce: "x-sluice-nonce", proof: "x-sluice-proof" } as const;

/** What a side draws, so that no proof is of use twice. */
export const newNonce = (): string => randomBytes(24).toString("base64url");

/** Whether a text can be what a side has drawn. */
export const isNonce = (text: unknown): text is string => typeof text === "string" && /^[\w-]{32}$/.test(text);

/** Proves, to who knows the key of the house, that a side knows it: for this connection, and this side of it. */
export function proofOf(
  key: Uint8Array,
  side: "asks" | "answers",
  nonces: readonly [asks: string, answers: string],
): string {
  return createHmac("sha256", key)
    .update([protocolName, side, ...nonces].join(" "))
    .digest("base64url");
}

/** Whether a proof is that. */
export function isProof(found: unknown, expected: string): boolean {
  if (typeof found !== "string") return false;
  const [one, other] = [Buffer.from(found), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
