import { accessSync, closeSync, constants, openSync, readSync } from "node:fs";

/** Longest first line that names an interpreter, in bytes, as kernels have it. */
const firstLineBytesMax = 256;

/** What a script's first line names. */
export interface Interpreter {
  /** Its whole path. */
  readonly program: string;
  /** What is passed to it before the script's path; "" for nothing. */
  readonly argument: string;
}

/** The interpreter that a script's first line names by its whole path; undefined when it names none. */
export function interpreterOf(path: string): Interpreter | undefined {
  const [, program, rest = ""] = /^#![ \t]*(\/[^ \t]*)(?:[ \t](.*))?$/s.exec(firstLine(path)) ?? [];
  return program === undefined ? undefined : { program, argument: rest.replace(/^[ \t]+/, "") };
}

/** Why the system cannot start a script with this interpreter, as a sentence: its own words would be that the script is not there. Undefined when it can. */
export function whyNotInterpreted({ program, argument }: Interpreter): string | undefined {
  // env looks the program up whose name it is given: with a carriage return, there is none.
  const isLookedUp = program.endsWith("/env") && /^[^ \t]+\r$/.test(argument);
  const cause = isLookedUp ? undefined : whyUnusable(program);
  if (!isLookedUp && cause === undefined) return undefined;
  if (program.endsWith("\r") || isLookedUp) {
    const named = isLookedUp ? argument : program;
    return `its first line names the interpreter "${named.slice(0, -1)}" and ends in a carriage return, which the system takes for a part of that name. Save the script with line ends of Unix (LF, not CR LF)`;
  }
  return `its first line names the interpreter "${program}", which ${cause}`;
}

function whyUnusable(program: string): string | undefined {
  try {
    accessSync(program, constants.X_OK);
    return undefined;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "is not there" : `cannot be executed (${code})`;
  }
}

function firstLine(path: string): string {
  const bytes = Buffer.alloc(firstLineBytesMax);
  try {
    const file = openSync(path, "r");
    try {
      return bytes.toString("latin1", 0, readSync(file, bytes)).split("\n")[0] ?? "";
    } finally {
      closeSync(file);
    }
  } catch {
    return ""; // another user's file, which that user may read
  }
}
