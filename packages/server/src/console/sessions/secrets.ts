import { createHash, timingSafeEqual } from "node:crypto";

/** What is kept of a secret: who reads it cannot make the secret of it. */
export const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();

/** Compares two hashes in a time that says nothing about them. */
export const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
