import { resolve } from "node:path";
import { printable } from "@sluice/aws-protocol/printable";
import { fileInForce } from "../config.ts";

/** Prints what is wrong in a configuration file, each with its line. Returns the exit code: 0 when it can be used. */
export function checkConfig(
  { file: named, data }: { readonly file?: string | undefined; readonly data?: string | undefined },
  print: (line: string) => void,
): number {
  const { file, found } = fileInForce(named, data);
  if (file === undefined || found === undefined) {
    print("There is no configuration file: the defaults are in force, with flags and the environment");
    return 0;
  }
  const place = printable(resolve(file));
  for (const { line, message } of found.findings) print(`${place}:${line}: ${printable(message)}`);
  if (found.findings.length === 0) print(`${place}: ${Object.keys(found.texts).length} settings can be used`);
  return found.findings.length === 0 ? 0 : 1;
}
