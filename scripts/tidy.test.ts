// The rules of this repository as a test: who may import whom, how large things may grow, where side effects live. Each finding says why.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { test } from "node:test";
import { slowExpressions } from "./expressions/find.ts";

interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly { readonly from: string; readonly typeOnly: boolean }[];
}

const sources: readonly Source[] = globSync(["packages/*/src/**/*.{ts,tsx}", "scripts/*.ts"])
  .filter((path) => !path.includes("/tables/"))
  .toSorted()
  .map((path) => {
    const text = readFileSync(path, "utf8");
    const imports = [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^"';]*?from\s+)?"([^"]+)"/gm)];
    const lazy = [...text.matchAll(/\bimport\("([^"]+)"\)/g)];
    return {
      path,
      text,
      lines: text.split("\n"),
      imports: [
        ...imports.map(([, type, from]) => ({ from: from ?? "", typeOnly: type !== undefined })),
        ...lazy.map(([, from]) => ({ from: from ?? "", typeOnly: false })),
      ],
    };
  });
const products = sources.filter(({ path }) => !path.endsWith(".test.ts") && path.startsWith("packages/"));
/** What is no TypeScript, as it runs where Node may be too old for that. */
const programs: readonly Source[] = globSync(["packages/*/src/**/*.{cjs,mjs,js}", "packages/*/bin/*.js"]).map(
  (path) => {
    const text = readFileSync(path, "utf8");
    return { path, text, lines: text.split("\n"), imports: [] };
  },
);

/** Runs a check over files and fails with every finding at once, each with the reason of the rule. */
function check(rule: string, why: string, files: readonly Source[], find: (file: Source) => readonly string[]): void {
  test(rule, () => {
    const findings = files.flatMap((file) => find(file).map((finding) => `${file.path}: ${finding}`));
    assert.equal(findings.length, 0, `\n${findings.join("\n")}\nWhy: ${why}\n`);
  });
}

/** What each place may import besides its own package and `node:*`. The longest prefix decides. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  "packages/engine/src/": [],
  "packages/engine/src/appspec/": ["yaml"],
  "packages/aws-protocol/src/": [],
  "packages/archive/src/": [],
  "packages/agent/src/": [
    "@sluice/archive",
    "@sluice/engine/appspec",
    "@sluice/aws-protocol/http-head",
    "@sluice/aws-protocol/printable",
    "@sluice/aws-protocol/signature-v4",
    "@sluice/aws-protocol/version",
    "@sluice/aws-protocol/wildcards",
    "yaml",
  ],
  "packages/server/src/": [
    "@sluice/engine",
    "@sluice/engine/appspec",
    "@sluice/aws-protocol",
    "@sluice/aws-protocol/der",
    "@sluice/aws-protocol/version",
    "@sluice/aws-protocol/wildcards",
    "pino",
  ],
  "packages/server/src/metrics/": ["@sluice/aws-protocol/node-http", "@sluice/engine", "prom-client"],
  "packages/server/src/nodes/": ["@sluice/aws-protocol", "@sluice/aws-protocol/node-http", "pg", "pino"],
  "packages/server/src/gateways/": [
    "@sluice/archive",
    "@sluice/aws-protocol/printable",
    "@sluice/engine",
    "@sluice/engine/appspec",
    "@aws-sdk/",
    "yauzl",
  ],
  "packages/cloud/src/images/": ["@sluice/archive", "@sluice/aws-protocol"],
  "packages/cloud/src/": [
    "@sluice/aws-protocol",
    "@sluice/aws-protocol/der",
    "@sluice/aws-protocol/http-head",
    "@sluice/aws-protocol/node-http",
    "@sluice/aws-protocol/wildcards",
  ],
  "packages/cloud/src/service/auto-scaling/": ["@sluice/aws-protocol", "croner"],
  "packages/cloud/src/service/lambda/": ["@sluice/aws-protocol", "@sluice/aws-protocol/node-http", "yauzl"],
  "packages/console/src/": [],
  "packages/console/src/browser/": ["preact", "preact/hooks", "@preact/signals"],
  "packages/cli/src/": ["@sluice/", "@aws-sdk/", "commander", "tar-stream", "yaml"],
};

/** What each place may import besides that as types alone: nothing of it is loaded. */
const mayImportTypes: Readonly<Record<string, readonly string[]>> = {
  "packages/console/src/browser/": ["@sluice/server/console-contract"],
};

check(
  "dependencies between packages point one way",
  "what a package may load decides where it can run (ARCHITECTURE.md)",
  products,
  ({ path, imports }) => {
    const place = Object.keys(mayImport)
      .filter((prefix) => path.startsWith(prefix))
      .toSorted((a, b) => b.length - a.length)[0];
    const allowed = mayImport[place ?? ""] ?? [];
    const types = mayImportTypes[place ?? ""] ?? [];
    return imports
      .filter(
        ({ from, typeOnly }) =>
          !from.startsWith("node:") &&
          !from.startsWith(".") &&
          !(typeOnly && (from.startsWith("@aws-sdk/") || types.includes(from))),
      )
      .filter(({ from }) => !allowed.some((name) => from === name || (name.endsWith("/") && from.startsWith(name))))
      .map(({ from }) => `imports "${from}", and may import only ${[...allowed, "node:*"].join(", ")}`);
  },
);

check(
  "the engine does no I/O",
  "it must give the same answer in a simulator, a test and a server",
  products.filter(({ path }) => path.startsWith("packages/engine/src/")),
  ({ imports }) =>
    imports
      .filter(({ from }) => from.startsWith("node:") && from !== "node:assert" && from !== "node:assert/strict")
      .map(({ from }) => `imports "${from}"`),
);

/** Inside the server: which rooms may enter which. */
const serverRooms: Readonly<Record<string, readonly string[]>> = {
  operations: ["operations", "deployment", "store"],
  deployment: ["deployment", "store"],
  "host-commands": ["host-commands", "script-logs", "store", "specification"],
  "script-logs": ["script-logs", "store"],
  store: ["store"],
  gateways: ["gateways"],
  "event-log": ["event-log", "store", "audit"],
};

check(
  "the server's rooms open in one direction",
  "an operation records intent, the reconciler alone decides, the store keeps facts",
  products.filter(({ path }) => path.startsWith("packages/server/src/")),
  ({ path, imports }) => {
    const room = path.split("/")[3] ?? "";
    const allowed = serverRooms[room];
    if (allowed === undefined) return [];
    return imports
      .filter(({ from, typeOnly }) => from.startsWith("../") && !typeOnly)
      .map(({ from }) => join(dirname(path), from).split("/")[3] ?? "")
      .filter((entered) => !entered.includes("/") && !entered.endsWith(".ts") && !allowed.includes(entered))
      .map((entered) => `enters "${entered}" from "${room}"`);
  },
);

check("nobody imports a composition root", "main files are leaves", products, ({ imports }) =>
  imports.filter(({ from }) => basename(from) === "main.ts").map(({ from }) => `imports "${from}"`),
);

check(
  "only the agent imports values from node:http",
  "such an import loads undici, which takes as long as Node's own start; node-http.ts does not (docs/decisions/014)",
  products.filter(({ path }) => !path.startsWith("packages/agent/")),
  ({ imports }) => imports.filter(({ from, typeOnly }) => from === "node:http" && !typeOnly).map(() => `imports it`),
);

check(
  "relative imports name a file that is in the same package",
  "a package is what its index offers",
  products,
  ({ path, imports }) =>
    imports
      .filter(({ from }) => from.startsWith("."))
      .filter(
        ({ from }) =>
          !relative(path.split("/").slice(0, 2).join("/"), join(dirname(path), from)).startsWith("src") ||
          !/\.(tsx?|json|js)$/.test(from),
      )
      .map(({ from }) => `imports "${from}"`),
);

test("no imports go in a circle", () => {
  const graph = new Map(
    products.map(({ path, imports }) => [
      path,
      imports.filter(({ from }) => from.startsWith(".")).map(({ from }) => join(dirname(path), from)),
    ]),
  );
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    assert(
      !trail.includes(path),
      `${[...trail.slice(trail.indexOf(path)), path].join(" → ")}\nWhy: a circle has no top to read from`,
    );
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
});

check("file names say what is in them", "a drawer called utils fills up", products, ({ path }) =>
  /(^|-)(utils?|helpers?|common|misc|types|manager)\.tsx?$/.test(basename(path)) ||
  !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.tsx?$/.test(basename(path))
    ? ["its name"]
    : [],
);

/** The homes of the wall clock: where it is injected from, and the agent's own programs, which nobody else starts. */
const strayClocks =
  /\/cli\/src\/(commands|commands\/server|backup)\/(up|serve|serve-node|audit|backup)\.ts$|clock\.ts$|\/agent\/src\/(agent-log|identity\/on-premises|identity\/identity|protocol\/signed-content|protocol\/wire-log|scripts\/script-output|commands\/journal)\.ts$|\/aws-protocol\/src\/(signature\/signature-v4|front-door\/fast-path-connection)\.ts$/;

/** The homes of chance. */
const strayChance = /random\.ts$|\/agent\/src\/(retry|install\/unfinished-installation|local\/local)\.ts$/;

/** What belongs to one home each, and which files are that home. */
const homes: readonly {
  readonly what: string;
  readonly pattern: RegExp;
  readonly home: RegExp;
  readonly within: RegExp;
  readonly why: string;
}[] = [
  {
    what: "the environment",
    pattern: /\bprocess\.env\b/,
    home: /config\.ts$|environment\.ts$|\/agent\/src\/|\/cloud\/src\/(instance\/|programs\.ts$)/,
    within: /./,
    why: "settings are one table",
  },
  {
    what: "a clock",
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\.timeOrigin\b/,
    home: strayClocks,
    within: /./,
    why: "time is injected, so that tests own it",
  },
  {
    what: "chance",
    pattern: /\bMath\.random\b/,
    home: strayChance,
    within: /./,
    why: "a run must be repeatable by its seed",
  },
  {
    what: "SQL",
    pattern: /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s+[a-z_*]/,
    home: /\/store\/|\/identity\/|\/audit\/|\/nodes\/|\/cloud\/src\//,
    within: /packages\/server\/src\//,
    why: "the store is the only room that knows tables",
  },
];
for (const { what, pattern, home, within, why } of homes)
  check(
    `${what} has one home`,
    why,
    products.filter(({ path }) => within.test(path) && !home.test(path)),
    ({ lines }) =>
      lines.flatMap((line, index) =>
        pattern.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line)
          ? [`line ${index + 1}: ${line.trim().slice(0, 80)}`]
          : [],
      ),
  );

check(
  "regular expressions take linear time",
  "much of what they read was written by somebody who wants it to take long",
  [...products, ...programs],
  ({ path, text }) => slowExpressions(path, text),
);

check(
  "no catch is empty, nothing is left to do later",
  "a swallowed error is a lie; a promise in a comment is nobody's",
  products,
  ({ text }) => [
    ...(/catch\s*(\([^)]*\))?\s*\{\s*\}/.test(text) ? ["an empty catch"] : []),
    ...(/\b(TODO|FIXME|XXX)\b/.test(text) ? ["a promise in a comment"] : []),
    ...(/^export default /m.test(text) ? ["a default export"] : []),
  ],
);

check(
  "every export says what it promises",
  "the sentence above it is its contract",
  products.filter(({ path }) => basename(path) !== "index.ts"),
  ({ lines }) =>
    lines.flatMap((line, index) =>
      /^export (async )?(function|class|interface|type|const) /.test(line) &&
      !/^export (type )?[{*]/.test(line) &&
      !/^export (interface|type) \w+(Options|Context)\b/.test(line) &&
      !/\*\/\s*$/.test(lines[index - 1] ?? "")
        ? [`line ${index + 1}: ${line.slice(0, 70)}`]
        : [],
    ),
);
