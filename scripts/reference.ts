// Writes docs/reference: commands, settings and metrics, from the tables in the code.
// Run it with `npm run reference`; a test proves that running it again changes nothing.
import { mkdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { settings } from "../packages/cli/src/config.ts";
import { program } from "../packages/cli/src/program.ts";
import { nameInFile } from "../packages/cli/src/settings/config-file.ts";
import { metricTable } from "../packages/server/src/metrics/metric-table.ts";

/** Where the pages are. */
export const folder = "docs/reference";

const generated = "<!-- Written by `npm run reference` from the tables in the code: change those. -->\n";

/** A text as a cell of a table. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
const code = (text: string): string => (text === "" ? "" : `\`${text}\``);
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

/** All pages, by file name. */
export function reference(): Readonly<Record<string, string>> {
  return { "commands.md": commandsPage(), "settings.md": settingsPage(), "metrics.md": metricsPage() };
}

function commandsPage(): string {
  const parts = leavesOf(program).map(({ name, command }) => {
    const words = [name, ...command.registeredArguments.map((argument) => usage(argument))];
    const options = command.options.map(({ flags, description }) => [code(flags), cell(description)]);
    const about = command.registeredArguments
      .filter(({ description }) => description !== "")
      .map((argument) => [code(usage(argument)), cell(argument.description)]);
    const rows = [...about, ...options];
    const list = rows.length === 0 ? [] : ["", table(["argument or option", "is"], rows)];
    return [`## ${name}`, "", "```", `sluice ${words.join(" ")}`, "```", "", cell(command.description()), ...list].join(
      "\n",
    );
  });
  const intro = `${generated}
# Commands

\`sluice COMMAND\`; in a clone \`npx sluice COMMAND\`. Every command takes the [settings](settings.md) as well.`;
  return `${[intro, ...parts].join("\n\n")}\n`;
}

function usage(argument: { name(): string; readonly required: boolean; readonly variadic: boolean }): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The commands that do something, by their whole names. */
function leavesOf(command: Command, before = ""): readonly { readonly name: string; readonly command: Command }[] {
  return command.commands
    .flatMap((below) => {
      const name = `${before}${below.name()}`;
      return below.commands.length > 0 ? leavesOf(below, `${name} `) : [{ name, command: below }];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function settingsPage(): string {
  const rows = Object.entries(settings).map(([key, { flag, variable, default: value, meaning }]) => [
    code(flag),
    code(variable),
    key === "config" ? "" : code(nameInFile(flag)),
    key === "data" ? "see below" : code(value),
    cell(meaning),
  ]);
  return `${generated}
# Settings

A flag wins over the environment, the environment over the configuration file, and that over the default. \`sluice config check\` names what is wrong in a file.

${table(["flag", "environment", "in sluice.yaml", "default", "meaning"], rows)}

The data folder is by default \`.sluice\` in a clone; else root's is \`/var/lib/sluice\`, and anybody else's \`sluice\` in \`$XDG_DATA_HOME\`, or \`~/.local/share/sluice\`.

In a file, a setting that is switched on or off takes \`on\`, \`off\`, \`true\` or \`false\`, and one with several values a list. Paths are relative to the file's folder:

\`\`\`yaml
listen: 0.0.0.0
tls-only: on
tls-certificate: /etc/sluice/tls.pem
tls-key: /etc/sluice/tls.key
metrics: 9464
keep-deployments: 90
\`\`\`
`;
}

function metricsPage(): string {
  const rows = Object.values(metricTable).map(({ name, kind, labels, help }) => [
    code(name),
    kind,
    labels.map((label) => code(label)).join(", "),
    cell(help),
  ]);
  return `${generated}
# Metrics

With \`--metrics PORT\` they are at \`http://127.0.0.1:PORT/metrics\`, in Prometheus' text format. Beside these there are those of Node's process (\`process_…\`, \`nodejs_…\`).

${table(["metric", "kind", "labels", "is"], rows)}

The first 200 pairs of application and deployment group have series of their own; further ones are \`other\`.
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(reference())) writeFileSync(`${folder}/${name}`, text);
}
