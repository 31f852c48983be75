import type { ContainerStart } from "./task-driver.ts";

/** What a shell inside a container reads to become a command: the variables, and the command itself. Nothing of it is seen by any program but that shell, which says on its error output what it cannot become. */
export function containerWords({ environment, command }: Pick<ContainerStart, "environment" | "command">): string {
  return words({ environment, command }, ["4<&-"]);
}

/** What a container's first shell reads: it says that it has got so far, and what it becomes writes to descriptor 5. */
export function firstWords({ environment, command }: Pick<ContainerStart, "environment" | "command">): string {
  return words({ environment, command }, [">&5", "2>&5", "5>&-", "3>&-", "4<&-"], "echo started >&3");
}

function words(
  { environment, command }: Pick<ContainerStart, "environment" | "command">,
  redirections: readonly string[],
  ...before: readonly string[]
): string {
  const entries = Object.entries(environment);
  const exported = entries
    .filter(([name]) => isShellName(name))
    .map(([name, value]) => `export ${name}=${quoted(value)}`);
  // A shell has no variables with dots in their names, and programs do.
  const others = entries.filter(([name]) => !isShellName(name)).map(([name, value]) => quoted(`${name}=${value}`));
  const [program = ""] = command;
  const viaEnv = others.length === 0 ? [] : [...tool("env"), ...others];
  const become = ["exec", ...viaEnv, ...command.map(quoted), ...redirections].join(" ");
  return `${[...exported, ...checks(program), ...before, become].join("\n")}\n`;
}

/** Words before the arguments of one of the programs that every container is begun with. */
export const tool = (program: string): readonly string[] => [
  "/.sluice/loader",
  "--library-path",
  "/.sluice/lib",
  `/.sluice/bin/${program}`,
];

/** Says why a program cannot be run, in Docker's words, before a shell would in its own. */
function checks(program: string): readonly string[] {
  const name = quoted(program);
  const refuse = (why: string) => `{ echo "exec: "${quoted(JSON.stringify(program))}${quoted(why)} >&2; exit 127; }`;
  if (!program.includes("/"))
    return [`command -v -- ${name} > /dev/null || ${refuse(": executable file not found in $PATH")}`];
  return [
    `[ -e ${name} ] || ${refuse(`: stat ${program}: no such file or directory`)}`,
    `[ -x ${name} ] && [ ! -d ${name} ] || ${refuse(": permission denied")}`,
  ];
}

const isShellName = (name: string) => /^[A-Za-z_]\w*$/.test(name);

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
