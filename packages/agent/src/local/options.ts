/** The options of `codedeploy-local` (agent.md §8.1). */
export interface LocalOptions {
  readonly bundleLocation: string;
  readonly type: string;
  readonly fileExistsBehavior: string;
  readonly deploymentGroup: string;
  readonly deploymentGroupName: string;
  readonly applicationName: string | undefined;
  readonly events: readonly string[] | undefined;
  readonly agentConfigurationFile: string;
  readonly appSpecFilename: string | undefined;
}

/** The command line is invalid. */
export class BadUsage extends Error {}

const options = [
  {
    short: "-l",
    long: "--bundle-location",
    meaning: "where the revision is: a file, a folder, s3://bucket/key, or a repository at https://github.com",
  },
  { short: "-t", long: "--type", meaning: "tgz, tar, zip or directory; default directory" },
  { short: "-b", long: "--file-exists-behavior", meaning: "DISALLOW, OVERWRITE or RETAIN; default DISALLOW" },
  {
    short: "-g",
    long: "--deployment-group",
    meaning: "id of a deployment group; default default-local-deployment-group",
  },
  {
    short: "-d",
    long: "--deployment-group-name",
    meaning: "what scripts see as DEPLOYMENT_GROUP_NAME; default LocalFleet",
  },
  {
    short: "-a",
    long: "--application-name",
    meaning: "what scripts see as APPLICATION_NAME; default the bundle's location",
  },
  { short: "-e", long: "--events", meaning: "lifecycle events to run, with commas between them, instead of all" },
  {
    short: "-c",
    long: "--agent-configuration-file",
    meaning: "default /etc/codedeploy-agent/conf/codedeployagent.yml",
  },
  { short: "-A", long: "--appspec-filename", meaning: "default appspec.yml, else appspec.yaml" },
] as const;

/** The text of `--help`. */
export const localHelp = `AWS CodeDeploy Developer Utility, by Sluice

Usage:
  codedeploy-local [options]

${options.map(({ short, long, meaning }) => `  ${short}, ${`${long} <value>`.padEnd(36)} ${meaning}`).join("\n")}
  -h, ${"--help".padEnd(36)} this text
  -v, ${"--version".padEnd(36)} the tool's version`;

/** Parses the command line. Returns "help" or "version" when it asks for that. Throws BadUsage. */
export function readLocalOptions(words: readonly string[], currentFolder: string): LocalOptions | "help" | "version" {
  const values = new Map<string, string>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-h" || word === "--help") return "help";
    if (word === "-v" || word === "--version") return "version";
    const { name, inline } = split(word);
    const value = inline ?? rest.shift();
    if (value === undefined) throw new BadUsage(`${name} requires argument`);
    values.set(name, value);
  }
  return {
    bundleLocation: values.get("--bundle-location") ?? currentFolder,
    type: values.get("--type") ?? "directory",
    fileExistsBehavior: values.get("--file-exists-behavior") ?? "DISALLOW",
    deploymentGroup: values.get("--deployment-group") ?? "default-local-deployment-group",
    deploymentGroupName: values.get("--deployment-group-name") ?? "LocalFleet",
    applicationName: values.get("--application-name"),
    events: values.get("--events")?.split(","),
    agentConfigurationFile:
      values.get("--agent-configuration-file") ?? "/etc/codedeploy-agent/conf/codedeployagent.yml",
    appSpecFilename: values.get("--appspec-filename"),
  };
}

/** Splits `--opt=v`, `--opt v`, `-o v` and `-ov`. A long option may be abbreviated if that is unambiguous. */
function split(word: string): { readonly name: string; readonly inline: string | undefined } {
  if (/^-[^-]/.test(word)) {
    const found = options.find(({ short }) => word.startsWith(short));
    if (found === undefined) throw new BadUsage(`${word} is not an option`);
    return { name: found.long, inline: word.length > 2 ? word.slice(2).replace(/^=/, "") : undefined };
  }
  const [, name = "", inline] = /^(--[a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
  const found = options.filter(({ long }) => name !== "" && long.startsWith(name));
  const exact = found.find(({ long }) => long === name) ?? (found.length === 1 ? found[0] : undefined);
  if (exact === undefined) throw new BadUsage(`${word} is not an option`);
  return { name: exact.long, inline };
}
