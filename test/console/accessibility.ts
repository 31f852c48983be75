import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds on a page by the rules of WCAG 2.2 A and AA, each with the first element that it is about. */
export async function accessibilityFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe); // through the debugger, which the page's policy does not bind
  const violations = await page.evaluate<readonly Finding[]>(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }).then(({ violations }) => violations)`,
  );
  return violations.map(
    ({ id, help, nodes: [first] }) =>
      `${new URL(page.url()).pathname}: ${id}, ${help}: ${first?.html.slice(0, 200)} ${first?.failureSummary?.slice(0, 300)}`,
  );
}
