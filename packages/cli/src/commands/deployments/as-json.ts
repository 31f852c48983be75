import { printable } from "@sluice/aws-protocol/printable";

/** Returns JSON for people and programs. What hosts have written cannot control a terminal: JSON's own escapes stay. */
export const asJson = (value: unknown): string =>
  JSON.stringify(value, undefined, 2)
    .split("\n")
    .map((line) => printable(line))
    .join("\n");
