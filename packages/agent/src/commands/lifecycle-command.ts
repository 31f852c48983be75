import type { ScriptProcess } from "./journal.ts";
import type { Specification } from "../protocol/specification.ts";

/** A lifecycle event of one deployment that this host is to run. */
export interface LifecycleCommand {
  readonly name: string;
  readonly specification: Specification;
  /** Called with each script's process before the script can have an effect. */
  readonly onScriptStarted: (process: ScriptProcess) => void;
  /** Takes what scripts print, line by line. */
  readonly onOutput?: ((lines: readonly string[]) => void) | undefined;
}

/** A command that is ready to run. One of the two is to be called. */
export interface PreparedCommand {
  readonly execute: () => Promise<void>;
  readonly abandon: () => void;
}
