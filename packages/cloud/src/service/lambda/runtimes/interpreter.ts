/** A program of this machine that runs functions. */
export interface Interpreter {
  readonly family: "python" | "nodejs" | "java" | "ruby" | "provided";
  readonly executable: string;
  /** The folder with everything that the executable needs, where that may lie outside the system's own folders. */
  readonly prefix: string;
  readonly version: string;
  /** The folder of the program that speaks the Runtime API for it. Where it has to be compiled, the first use does so. Throws a Fault when that fails. */
  readonly bootstrap: () => Promise<string>;
  /** Where functions see the executable. Absent: where it is. */
  readonly shownAt?: string | undefined;
  /** The folder of the packages that it brings. Where they have to be copied, the first use does so. */
  readonly modules?: (() => Promise<string>) | undefined;
}
