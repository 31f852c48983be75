import { createHash } from "node:crypto";

/** The name of content by its hash: `sha256:` and 64 hexadecimal digits. */
export type Digest = `sha256:${string}`;

/** Whether a text is a digest that this registry knows. */
export const isDigest = (text: string): text is Digest => /^sha256:[0-9a-f]{64}$/.test(text);

/** Whether a text can be an image's tag, as Docker and OCI write them. */
export const isTag = (text: string): boolean => /^\w[\w.-]{0,127}$/.test(text);

/** The digest of bytes. */
export const digestOf = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** The hash in a digest, in hex. */
export const hexOf = (digest: Digest): string => digest.slice("sha256:".length);
