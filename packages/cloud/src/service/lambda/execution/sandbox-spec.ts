import type { VersionRecord } from "../store/function-rows.ts";
import type { Interpreter } from "../runtimes/interpreter.ts";

/** What a process is to run. */
export interface SandboxSpec {
  readonly name: string;
  readonly version: string;
  readonly record: VersionRecord;
  readonly interpreter: Interpreter;
  /** Folder of the unpacked code. */
  readonly code: string;
  readonly initialization: "on-demand" | "provisioned-concurrency";
  readonly logGroup: string;
}
