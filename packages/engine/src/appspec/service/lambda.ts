import { parseDocument, type ParsedAs, type Source } from "../yaml/document.ts";
import type { Findings } from "../findings.ts";
import { type Keys, Parts, readServiceFile } from "./service-file.ts";
import { notWellFormed } from "./service-messages.ts";
import type { Tree } from "../yaml/yaml-tree.ts";

/** An AppSpec file for a Lambda deployment: which alias moves from which version to which. */
export interface LambdaAppSpec {
  readonly functionName: string;
  readonly alias: string;
  /** Absent: the one that the alias has. */
  readonly currentVersion?: string | undefined;
  readonly targetVersion: string;
  /** Functions by lifecycle event, by name or ARN. */
  readonly hooks: Readonly<Partial<Record<LambdaHookEvent, string>>>;
}

/** The events for which such a file may name functions. */
export const lambdaHookEvents = ["BeforeAllowTraffic", "AfterAllowTraffic"] as const;
/** One of them. */
export type LambdaHookEvent = (typeof lambdaHookEvents)[number];

/** What a file was found to be. */
export type ParsedLambda = ParsedAs<LambdaAppSpec>;

/** Parts that such a file may have: it has one resource and two hooks. The control plane reads it while others wait. */
const partsMax = 1_000;

/** Reads the AppSpec file of a Lambda deployment, in YAML or JSON (appspec.md §6). Never throws: all problems are findings. */
export function parseLambdaAppSpec(source: Source, { file }: { file: string }): ParsedLambda {
  return parseDocument(source, { file, notWellFormed, partsMax, read: readLambda });
}

const lambda = {
  kind: "AWS Lambda deployment configuration",
  type: "AWS::Lambda::Function",
  resource: "function",
  hookEvents: lambdaHookEvents,
} as const;

/** The AppSpec of a Lambda deployment. `alsoAtRun`: finds what keeps it from being run, too, not only from being read. */
export function readLambda(
  tree: Tree,
  findings: Findings,
  { alsoAtRun = false }: { alsoAtRun?: boolean } = {},
): LambdaAppSpec | undefined {
  const file = readServiceFile(tree, lambda, findings);
  if (file === undefined) return undefined;
  const parts = new Parts(lambda.kind, findings);
  const keys = parts.keys(file.properties, ["Name", "Alias", "CurrentVersion", "TargetVersion"]);
  const functionName = keys.text("Name");
  const alias = keys.text("Alias");
  const currentVersion = keys.get("CurrentVersion") === undefined ? "" : version(keys, "CurrentVersion", parts);
  const targetVersion = version(keys, "TargetVersion", parts);
  const target = keys.get("TargetVersion");
  if (alsoAtRun && target !== undefined && currentVersion !== "" && currentVersion === targetVersion)
    parts.refuse(
      "L8",
      `CurrentVersion and TargetVersion are both ${targetVersion}: there is nothing to shift`,
      target.value.place,
    );
  const { hooks } = file;
  return {
    functionName,
    alias,
    targetVersion,
    hooks,
    currentVersion: currentVersion === "" ? undefined : currentVersion,
  };
}

/** A published version: a positive number, quoted or not. */
function version(keys: Keys, name: string, parts: Parts): string {
  const version = keys.text(name);
  const place = keys.get(name)?.value.place;
  if (version !== "" && place !== undefined && !/^[1-9]\d*$/.test(version))
    parts.refuse(
      "version",
      `${name} is "${version}", and a published version, a positive number, is wanted`,
      place,
      "Publish a version with: aws lambda publish-version",
    );
  return version;
}
