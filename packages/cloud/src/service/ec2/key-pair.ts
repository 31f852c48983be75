import type { KeptTag } from "./filters.ts";

/** A key pair as it is stored: never its private half. Instances here have no SSH server; the pair is a name that tutorials ask for. */
export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly type: "rsa";
  readonly createdAt: number;
  readonly tags: readonly KeptTag[];
}
