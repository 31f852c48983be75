// What docs/guides/troubleshooting.md quotes is what the program says.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { type MetricDefinition, metricTable } from "../packages/server/src/metrics/metric-table.ts";

const sources = globSync("packages/*/src/**/*.{ts,tsx,sh}")
  .filter((path) => !path.endsWith(".test.ts"))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

test("every message and code that the troubleshooting guide explains is in the code", () => {
  const rows = readFileSync("docs/guides/troubleshooting.md", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"));

  assert(rows.length > 30, `${rows.length} rows`);
  for (const row of rows) {
    const [, first = ""] = row.split(" | ", 1)[0]?.split(/^\| /) ?? [];
    for (const [, message = ""] of first.matchAll(/`([^`]+)`/g))
      assert(sources.includes(message), `nothing says "${message}"`);
  }
});

test("the dashboard asks for metrics and labels that there are", () => {
  const dashboard = readFileSync("examples/observability/grafana-dashboard.json", "utf8");
  const { panels } = JSON.parse(dashboard) as { readonly panels: readonly { readonly targets: readonly Target[] }[] }; // ours
  const known = Object.values<MetricDefinition>(metricTable);

  for (const { expr, legendFormat } of panels.flatMap(({ targets }) => targets)) {
    const [name = ""] = /sluice_[a-z_]+/.exec(expr) ?? [];
    if (name === "") continue; // of Node's process
    const metric = known.find((one) => one.name === name.replace(/_(bucket|sum|count)$/, "") || one.name === name);
    assert(metric !== undefined, `there is no metric ${name}`);
    for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      assert(metric.labels.includes(label) && expr.includes(label), `${name} has no label ${label}`);
  }
});

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
}

test("every setting and file that the guides link to or name as a flag is there", () => {
  const settings =
    readFileSync("docs/reference/settings.md", "utf8") + readFileSync("docs/reference/commands.md", "utf8");
  for (const guide of ["operating", "against-aws", "troubleshooting"]) {
    const text = readFileSync(`docs/guides/${guide}.md`, "utf8");
    for (const [, link = ""] of text.matchAll(/\]\(([^)#]+)(?:#[\w-]+)?\)/g))
      assert.doesNotThrow(() => readFileSync(`docs/guides/${link}`), `${guide}.md links to ${link}`);
    for (const [, flag = ""] of text.matchAll(/`(--[a-z-]+)/g))
      assert(settings.includes(flag), `${guide}.md names ${flag}`);
  }
});
