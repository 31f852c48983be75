import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";

export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Returns the files of some patterns, without generated tables, in the order of their paths. */
export const sourcesOf = (...patterns: readonly string[]): readonly Source[] =>
  globSync([...patterns])
    .filter((path) => !path.includes("/tables/") && !path.includes("node_modules"))
    .toSorted()
    .map((path) => {
      const text = readFileSync(path, "utf8");
      return { path, text, lines: text.split("\n") };
    });

/** The TypeScript of the product, without its tests. */
export const products: readonly Source[] = sourcesOf("packages/*/src/**/*.{ts,tsx}").filter(
  ({ path }) => !path.endsWith(".test.ts"),
);

/** Checks a rule over files, and fails with every finding at once and the reason of the rule. */
export function check(
  rule: string,
  why: string,
  files: readonly Source[],
  find: (file: Source) => readonly string[],
): void {
  test(rule, () => {
    const findings = files.flatMap((file) => find(file).map((finding) => `${file.path}: ${finding}`));
    assert.equal(findings.length, 0, `\n${findings.join("\n")}\nWhy: ${why}\n`);
  });
}
