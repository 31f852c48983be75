import { existsSync } from "node:fs";
import { printable, printableLines } from "@sluice/aws-protocol/printable";
import { version as sluiceVersion } from "@sluice/aws-protocol/version";
import { configurationFiles, readConfiguration } from "./config.ts";
import { workingFolder } from "./files/working-folder.ts";
import { nodeTooOld } from "./daemon/node-version.ts";
import { type Program, restart, run, start, status, stop } from "./daemon/commands.ts";

// The entry point of the host agent: `codedeploy-agent [--config_file F] start|stop|restart|status|run|version`.

const version = `sluice_${sluiceVersion}`;
const commands = { start, stop, restart, status, run } satisfies Record<string, (program: Program) => Promise<number>>;
const help = `AWS CodeDeploy Agent, by Sluice

codedeploy-agent [--config_file FILE] COMMAND

  start     starts the agent in the background
  stop      stops it
  restart   stops and starts it
  status    tells whether it runs
  run       runs it in the foreground
  version   tells which version this is
  deploy-local   deploys a revision on this host without a control plane, as codedeploy-local does; --help tells how

  --config_file FILE   default ${configurationFiles.join(", else ")}`;

/** Exit code for a command that does not exist (agent.md §7.2). */
const usageError = 64;

async function main(words: readonly string[]): Promise<number> {
  const tooOld = nodeTooOld(process.versions.node);
  if (tooOld !== undefined) throw new Error(tooOld);
  if (isCalledLocal() || words[0] === "deploy-local") {
    const { runLocal } = await import("./local/local.ts");
    return runLocal(words[0] === "deploy-local" ? words.slice(1) : words, {
      currentFolder: workingFolder(),
      environment: process.env,
      print: (line) => console.log(line),
      printError: (line) => console.error(line),
    });
  }
  const { name, file } = readArguments(words);
  if (name === "version" || name === "--version" || name === "-v") {
    console.log(`codedeploy-agent ${version}`);
    return 0;
  }
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    console.log(help);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    console.error(`error: Unknown command '${printable(name)}'\n\n${help}`);
    return usageError;
  }
  const configurationFile = file ?? configurationFiles.find((path) => existsSync(path)) ?? configurationFiles[0];
  const command = commands[name as keyof typeof commands]; // looked up above
  return command({ ...readConfiguration(configurationFile), configurationFile, version, environment: process.env });
}

/** The one program is both tools: a link by this name is the other one. */
function isCalledLocal(): boolean {
  return [process.argv[1], process.argv0].some((path) => /(^|\/)codedeploy-local(\.cjs)?$/.test(path ?? ""));
}

function readArguments(words: readonly string[]): {
  readonly name: string | undefined;
  readonly file: string | undefined;
} {
  let file: string | undefined;
  const names: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const inline = /^--config[_-]file=(.*)$/.exec(word)?.[1];
    if (inline !== undefined) file = inline;
    else if (/^--config[_-]file$/.test(word)) file = words[(index += 1)];
    else names.push(word);
  }
  return { name: names[0], file };
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`error: ${printableLines(error instanceof Error ? error.message : String(error))}`);
    process.exit(1);
  },
);
