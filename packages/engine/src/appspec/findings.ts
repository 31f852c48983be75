/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong (`error`: the deployment fails) or suspicious (`warning`: it does not). */
export interface Finding extends Place {
  readonly severity: "error" | "warning";
  /** The rule of appspec.md that was broken, such as `E4`, or a name of our own. */
  readonly rule: string;
  /** The whole sentence: AWS's text where there is one, the place, and the remedy. */
  readonly message: string;
  readonly file: string;
  readonly remedy?: string | undefined;
}

/** A rule's id and its sentence. */
export interface Problem {
  readonly rule: string;
  readonly text: string;
}

/** Collects the findings in one file, in the order in which the official agent checks it. */
export class Findings {
  readonly #file: string;
  readonly #notWellFormed: (trouble: string) => Problem;
  readonly #found: Finding[] = [];

  constructor(file: string, notWellFormed: (trouble: string) => Problem) {
    this.#file = file;
    this.#notWellFormed = notWellFormed;
  }

  /** Something for which nothing of the file can be read. */
  notWellFormed(trouble: string, place: Place, remedy?: string): void {
    this.error(this.#notWellFormed(trouble), place, remedy);
  }

  /** Something for which the deployment fails. */
  error(problem: Problem, place: Place, remedy?: string): void {
    this.#add("error", problem, { place, remedy });
  }

  /** Something that is probably not meant so. */
  warn(rule: string, text: string, place: Place): void {
    this.#add("warning", { rule, text }, { place });
  }

  /** Everything so far. */
  all(): readonly Finding[] {
    return this.#found;
  }

  #add(
    severity: Finding["severity"],
    { rule, text }: Problem,
    { place, remedy }: { place: Place; remedy?: string | undefined },
  ): void {
    const message = `${text} (${this.#file} line ${place.line}, column ${place.column})${remedy === undefined ? "" : `. ${remedy}`}`;
    const { line, column } = place;
    this.#found.push({
      severity,
      rule,
      message,
      file: this.#file,
      line,
      column,
      remedy,
    });
  }
}
