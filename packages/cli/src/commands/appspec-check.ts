import { readFileSync } from "node:fs";
import { printable } from "@sluice/aws-protocol/printable";
import { examineAppSpec, type Finding } from "@sluice/engine/appspec";

/** Reads an AppSpec file for servers as the agent will, and one for Lambda or ECS as the service does, and prints every finding. Returns the exit code: 1 when a deployment would fail. */
export function checkAppSpec(file: string, { json = false }: { json?: boolean }, say: (line: string) => void): number {
  const { kind, findings } = examineAppSpec(read(file), { file });
  if (json) for (const row of JSON.stringify(findings, undefined, 2).split("\n")) say(printable(row));
  else for (const finding of findings) say(line(finding));
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  if (!json)
    say(
      errors === 0
        ? `${file} is valid for ${kind}${warnings === 0 ? "" : `, with ${counted(warnings, "warning")}`}`
        : `${file} has ${counted(errors, "error")}`,
    );
  return errors === 0 ? 0 : 1;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    const isFolder = (cause as NodeJS.ErrnoException).code === "EISDIR";
    const why = isFolder ? ": it is a folder, and a file was expected" : "";
    throw new Error(`Cannot read the AppSpec file "${file}"${why}`, { cause });
  }
}

/** In the form of compilers, so that editors find the place. The message ends in the place and the remedy, for readers who see nothing else. */
function line({ file, line: row, column, severity, rule, message, remedy }: Finding): string {
  const sentence = message.split(` (${file} line ${row}, column ${column})`)[0] ?? message;
  const told = printable(`${severity} ${rule}: ${sentence}`);
  return `${file}:${row}:${column}: ${told}${remedy === undefined ? "" : `\n    ${printable(remedy)}`}`;
}
