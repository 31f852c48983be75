import type { VersionRecord } from "../function-rows.ts";
import type { Interpreter } from "../interpreter.ts";

/** What a process is to run. */
export interface SandboxWants {
  readonly name: string;
  readonly version: string;
  readonly record: VersionRecord;
  readonly interpreter: Interpreter;
  /** Folder of the unpacked code. */
  readonly code: string;
  readonly initialization: "on-demand" | "provisioned-concurrency";
  readonly logGroup: string;
}
