import { accessSync, closeSync, constants, openSync, readSync } from "node:fs";

/** The longest first line that the kernel reads, in bytes. */
const firstLineBytesMax = 256;

/** The interpreter in a script's first line. */
export interface Interpreter {
  /** Its absolute path. */
  readonly program: string;
  /** The argument before the script's path; "" for none. */
  readonly argument: string;
}

/** Returns the interpreter in a script's first line; undefined when there is none with an absolute path. */
export function interpreterOf(path: string): Interpreter | undefined {
  const [, program, rest = ""] = /^#![ \t]*(\/[^ \t]*)(?:[ \t](.*))?$/s.exec(firstLine(path)) ?? [];
  return program === undefined ? undefined : { program, argument: rest.replace(/^[ \t]+/, "") };
}

/** Returns why the system cannot start a script with this interpreter, or undefined when it can. The system's own error would be that the script does not exist. */
export function whyNotInterpreted({ program, argument }: Interpreter): string | undefined {
  // env looks a program up by a name that ends in a carriage return: there is none.
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
    return ""; // unreadable for the agent, but perhaps not for the user that runs it
  }
}
