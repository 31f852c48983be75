import { type Finding, Findings, type Problem } from "../findings.ts";
import { textOfBytes } from "./text-of-bytes.ts";
import { readYaml, type Tree } from "./yaml-tree.ts";

/** An AppSpec file as received: bytes, or decoded text. */
export type Source = string | Uint8Array;

/** What a file was found to be: an AppSpec exactly when no finding is an error. */
export interface ParsedAs<AppSpec> {
  readonly appSpec?: AppSpec | undefined;
  readonly findings: readonly Finding[];
}

/** How a kind of AppSpec file is read. */
export interface Reading<AppSpec> {
  /** The name that messages show. */
  readonly file: string;
  /** The message about a file that cannot be parsed; `trouble` is the reason. */
  readonly notWellFormed: (trouble: string) => Problem;
  /** How many parts it may have; absent, as many as a server's may. */
  readonly partsMax?: number | undefined;
  /** Makes an AppSpec of it, and finds what is wrong with it. */
  readonly read: (tree: Tree, findings: Findings) => AppSpec | undefined;
}

/** Reads any kind of AppSpec file. Never throws: all problems are findings. */
export function parseDocument<AppSpec>(
  source: Source,
  { file, notWellFormed, partsMax, read }: Reading<AppSpec>,
): ParsedAs<AppSpec> {
  const findings = new Findings(file, notWellFormed);
  const text = typeof source === "string" ? source : textOfBytes(source, findings);
  const tree = text === undefined ? undefined : readYaml(text.replace(/^\uFEFF/, ""), findings, partsMax);
  const appSpec = tree === undefined ? undefined : read(tree, findings);
  const found = findings.all();
  return appSpec === undefined || found.some(({ severity }) => severity === "error")
    ? { findings: found }
    : { appSpec, findings: found };
}
