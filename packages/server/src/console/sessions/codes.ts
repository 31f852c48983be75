import { isStillGood } from "@sluice/aws-protocol";
import { newConsoleSecret } from "../../random.ts";
import { hashOf } from "./secrets.ts";

/** How long a code may be spent, in milliseconds. */
export const codeMilliseconds = 60_000;

/** How many unspent codes are kept; the oldest make room. */
const codesMax = 1_000;

/** How many refusals are written down in a minute. */
const refusalsToldMax = 10;

/** A code for the console: it becomes a session of the key that it was made for. */
export interface ConsoleCode {
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** One-time codes of 256 bits, each good for a minute and for one session. They live as long as this process. */
export class ConsoleCodes {
  readonly #clock: () => number;
  /** By hash, in hex; the oldest first. */
  readonly #open = new Map<string, { readonly accessKeyId: string; readonly expiresAt: number }>();

  /** The minute of the newest refusal, and how many it has had. */
  #refusals = { minute: 0, count: 0 };

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Counts a refusal. Whether it is to be written down: anybody may be refused without end, and what is written down stays on the disk. */
  isRefusalTold(): boolean {
    const minute = Math.floor(this.#clock() / codeMilliseconds);
    const count = this.#refusals.minute === minute ? this.#refusals.count + 1 : 1;
    this.#refusals = { minute, count };
    return count <= refusalsToldMax;
  }

  /** Makes a code for a key. */
  issue(accessKeyId: string): ConsoleCode {
    this.#forgetExpired();
    const code = newConsoleSecret();
    const expiresAt = this.#clock() + codeMilliseconds;
    this.#open.set(hashOf(code).toString("hex"), { accessKeyId, expiresAt });
    return { code, expiresAt };
  }

  /** Returns the id of the key that a code is for, once; undefined when it is not good (any more). */
  spend(code: string): string | undefined {
    const hash = hashOf(code).toString("hex");
    const found = this.#open.get(hash);
    this.#open.delete(hash);
    if (found === undefined) return undefined;
    return isStillGood(found.expiresAt, codeMilliseconds, this.#clock()) ? found.accessKeyId : undefined;
  }

  #forgetExpired(): void {
    const now = this.#clock();
    for (const [hash, { expiresAt }] of this.#open)
      if (expiresAt <= now || this.#open.size >= codesMax) this.#open.delete(hash);
  }
}
