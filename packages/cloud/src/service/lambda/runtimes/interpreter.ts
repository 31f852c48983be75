/** A program of this machine that runs functions. */
export interface Interpreter {
  readonly family: "python" | "nodejs" | "java" | "ruby" | "provided";
  readonly executable: string;
  /** Folder with everything the executable needs, when it may lie outside the system's own folders. */
  readonly prefix: string;
  readonly version: string;
  /** The folder of the program that speaks the Runtime API for it. Where that has to be compiled, the first use does it. Throws a Fault when that fails. */
  readonly bootstrap: () => Promise<string>;
  /** Where functions are shown the executable. Absent: where it is. */
  readonly shownAt?: string | undefined;
  /** The folder of the packages that it brings. What has to be copied for it, the first use copies. */
  readonly modules?: (() => Promise<string>) | undefined;
}
