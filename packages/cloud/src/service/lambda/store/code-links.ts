import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { isStillGood } from "@sluice/aws-protocol";

/** How long a link is good for, in milliseconds: as long as AWS's. */
const goodMilliseconds = 10 * 60_000;

/** Links to functions' code: a caller that may get a function gets a link, with which anybody may download that one archive for a while. They end with this process. */
export class CodeLinks {
  readonly #secret = randomBytes(32);
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Returns the path and query of a link to an archive, named by its hash. */
  linkTo(code: string): string {
    const expires = String(this.#clock() + goodMilliseconds);
    return `/${code}.zip?expires=${expires}&signature=${this.#sign(code, expires)}`;
  }

  /** Returns the archive that a path and a query lead to, or undefined when they are no link of ours, or one that has expired. */
  codeOf({ path, query }: { readonly path: string; readonly query: URLSearchParams }): string | undefined {
    const [, code] = /^\/([0-9a-f]{64})\.zip$/.exec(path) ?? [];
    const expires = query.get("expires") ?? "";
    if (code === undefined || !/^\d{1,15}$/.test(expires)) return undefined;
    if (!isStillGood(Number(expires), goodMilliseconds, this.#clock())) return undefined;
    const given = Buffer.from(query.get("signature") ?? "");
    const wanted = Buffer.from(this.#sign(code, expires));
    return given.length === wanted.length && timingSafeEqual(given, wanted) ? code : undefined;
  }

  #sign(code: string, expires: string): string {
    return createHmac("sha256", this.#secret).update(`${code}\n${expires}`).digest("hex");
  }
}
