import type { Findings } from "./findings.ts";
import * as messages from "./messages.ts";
import { dump, type Tree } from "./yaml/yaml-tree.ts";

/**
 * The octal digits of a mode, from the text as written (appspec.md §5.1).
 * Unlike AWS's first agent, which takes an unquoted 0644 for the number 420.
 */
export function readMode(tree: Tree | undefined, findings: Findings): string | undefined {
  if (tree === undefined || tree.kind === "null") return undefined;
  const text = dump(tree);
  if (text === "") {
    findings.warn("mode", "An empty mode changes nothing", tree.place);
    return undefined;
  }
  const mode = text.padStart(3, "0");
  const stranger = mode.split("").find((character) => !/[0-7]/.test(character));
  if (mode.length > 4) findings.error(messages.badModeLength(mode), tree.place);
  else if (stranger !== undefined) findings.error(messages.badModeCharacter(mode, stranger), tree.place);
  else if (tree.kind === "text" && !tree.quoted && text.length > 1 && text.startsWith("0"))
    findings.warn(
      "mode",
      `Put quotes around the mode ${text}: other readers of this file take it for another number`,
      tree.place,
    );
  return mode.length > 4 || stranger !== undefined ? undefined : mode;
}
