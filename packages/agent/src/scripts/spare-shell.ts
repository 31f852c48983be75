import type { Specification } from "../protocol/specification.ts";
import type { PreforkedShell } from "./preforked-shell.ts";

/** How long a shell is kept for a script that may never run, in milliseconds: longer than the pause between two events of a deployment. */
const spareMilliseconds = 2_000;

/** A preforked shell kept for the next script of the running deployment. */
export class SpareShell {
  #spare:
    | { readonly specification: Specification; readonly shell: PreforkedShell; readonly timer: NodeJS.Timeout }
    | undefined;

  /** Forks a shell for a deployment, in the place of another deployment's. */
  keep(specification: Specification, open: () => PreforkedShell | undefined): void {
    if (this.#spare?.specification === specification) return void this.#spare.timer.refresh();
    this.close();
    const shell = open();
    if (shell === undefined) return;
    const timer = setTimeout(() => this.close(), spareMilliseconds).unref();
    this.#spare = { specification, shell, timer };
    // It may be killed from outside.
    void shell.exit.then(() => this.#spare?.shell === shell && this.close());
  }

  /** Returns the shell of a deployment, if there is one, and leaves it to the caller. */
  take(specification: Specification): PreforkedShell | undefined {
    const spare = this.#spare;
    if (spare?.specification !== specification) return undefined;
    this.#spare = undefined;
    clearTimeout(spare.timer);
    return spare.shell;
  }

  /** Ends the shell. */
  close(): void {
    clearTimeout(this.#spare?.timer);
    this.#spare?.shell.close();
    this.#spare = undefined;
  }
}
