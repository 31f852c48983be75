import type { ContainerStart } from "./task-driver.ts";

/** What a shell inside a container reads to become its command: the variables, and the command itself. Nothing of it is seen by any program but that shell. `stderr` is the descriptor that is to be the command's error output. */
export function containerWords(
  { environment, command }: Pick<ContainerStart, "environment" | "command">,
  stderr: number,
): string {
  const entries = Object.entries(environment);
  const exported = entries
    .filter(([name]) => isShellName(name))
    .map(([name, value]) => `export ${name}=${quoted(value)}`);
  // A shell has no variables with dots in their names, and programs do.
  const others = entries.filter(([name]) => !isShellName(name)).map(([name, value]) => quoted(`${name}=${value}`));
  const [program = ""] = command;
  const words = command.map(quoted);
  const viaEnv = others.length === 0 ? [] : [...tool("env"), ...others];
  const close = stderr === 2 ? "3>&- 4<&-" : `2>&${stderr} ${stderr}>&- 3>&- 4<&-`;
  return `${[
    ...exported,
    ...checks(program),
    "echo started >&3",
    `exec ${[...viaEnv, ...words].join(" ")} ${close}`,
  ].join("\n")}\n`;
}

/** Words before the arguments of one of the programs that every container is begun with. */
export const tool = (program: string): readonly string[] => [
  ...["/.sluice/loader", "--library-path", "/.sluice/lib"],
  `/.sluice/bin/${program}`,
];

/** Says why a program cannot be run, in Docker's words, before a shell would in its own. */
function checks(program: string): readonly string[] {
  const name = quoted(program);
  const refuse = (why: string) =>
    `{ echo "refused exec: "${quoted(JSON.stringify(program))}${quoted(why)} >&3; exit 127; }`;
  if (!program.includes("/"))
    return [`command -v -- ${name} > /dev/null || ${refuse(": executable file not found in $PATH")}`];
  return [
    `[ -e ${name} ] || ${refuse(`: stat ${program}: no such file or directory`)}`,
    `[ -x ${name} ] && [ ! -d ${name} ] || ${refuse(": permission denied")}`,
  ];
}

const isShellName = (name: string) => /^[A-Za-z_]\w*$/.test(name);

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
