import type { Command } from "commander";

/** Shells that there is completion for. */
export const shells = ["bash", "zsh"] as const;

/** Returns the script by which a shell completes commands and flags: it is made of the program itself, so it has all of them. */
export function completion(program: Command, shell: string): string {
  if (shell !== "bash" && shell !== "zsh")
    throw new Error(`Cannot complete for "${shell}": expected ${shells.join(" or ")}`);
  const script = bashScript(program);
  // zsh runs completions of bash with its own bashcompinit.
  return shell === "bash"
    ? script
    : `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function bashScript(program: Command): string {
  const own = flagsOf(program);
  const cases = program.commands.map((command) => {
    const words = [...command.commands.map((one) => one.name()), ...flagsOf(command), "--help"];
    return `    ${command.name()}) words="${words.join(" ")}" ;;`;
  });
  const values = [program, ...program.commands].flatMap(choicesOf);
  return `# Completion of sluice: source <(sluice completion bash), or for zsh: source <(sluice completion zsh)
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
    ${program.commands.map((command) => command.name()).join("|")}) command="$word"; break ;;
    esac
  done
  case "$before" in
${values.join("\n")}
  esac
  if [ -z "$words" ]; then
    case "$command" in
    "") words="${[...program.commands.map((command) => command.name()), ...own, "--help"].join(" ")}" ;;
${cases.join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _sluice sluice`;
}

const flagsOf = ({ options }: Command): readonly string[] => options.flatMap(({ long }) => long ?? []);

const choicesOf = ({ options }: Command): readonly string[] =>
  options.flatMap(({ long, argChoices }) =>
    long === undefined || argChoices === undefined ? [] : [`  ${long}) words="${argChoices.join(" ")}" ;;`],
  );
