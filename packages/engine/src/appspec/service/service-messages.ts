import type { Problem } from "../findings.ts";

// AWS answers every one of these with its one sentence, which says no reason (appspec.md §6, L6 and L8): it begins ours.

/** What AppSpec files for services are for, as AWS's sentence calls it. */
export type ServiceKind = "AWS Lambda deployment configuration" | "deployment configuration";

const trouble = (kind: ServiceKind) =>
  `The deployment failed because the AppSpec file that specifies the ${kind} is missing or has an invalid configuration`;

/** The file is neither YAML nor JSON; `why` is the parser's word. */
export const notWellFormed = (why: string): Problem => ({
  rule: "L6",
  text: `${trouble("deployment configuration")}. The input AppSpec file is a not well-formed yaml. The template cannot be parsed: ${why}`,
});

/** What is wrong with a file that parses. */
export const invalid = (kind: ServiceKind, rule: string, reason: string): Problem => ({
  rule,
  text: `${trouble(kind)}: ${reason}`,
});
