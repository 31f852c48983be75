import { timeoutSecondsDefault } from "./appspec.ts";
import type { Findings, Place } from "./findings.ts";
import * as messages from "./messages.ts";
import type { Tree } from "./yaml/yaml-tree.ts";

/** A script's time limit in seconds (appspec.md §4, H10 to H18). */
export function readTimeout(tree: Tree | undefined, findings: Findings): number {
  if (tree === undefined || tree.kind === "null") return timeoutSecondsDefault;
  if (tree.kind !== "text")
    return refuse(findings, tree.place, `Write a number of seconds, such as ${timeoutSecondsDefault}`);
  if (!tree.quoted && tree.text === "false") return timeoutSecondsDefault;

  const text = tree.text.trim();
  const ambiguous = ambiguities.find(({ sign }) => sign.test(text));
  if (ambiguous !== undefined && !(tree.quoted && ambiguous.plainOnly))
    return refuse(findings, tree.place, ambiguous.remedy);

  if (/^\d/.test(text) && !secondsInWords.test(text))
    return refuse(findings, tree.place, "Write the number of seconds alone");
  const seconds = number(text);
  if (!Number.isFinite(seconds) || seconds <= 0)
    return refuse(findings, tree.place, "Write a number of seconds above 0");
  if (!/^\d+$/.test(text)) findings.warn("timeout", `The timeout "${text}" is read as ${seconds} seconds`, tree.place);
  if (seconds > timeoutSecondsDefault)
    findings.warn(
      "timeout",
      `The timeout of ${seconds} seconds is longer than the ${timeoutSecondsDefault} that a lifecycle event may take`,
      tree.place,
    );
  return seconds;
}

/** Texts that YAML and people read differently. */
const ambiguities: readonly { sign: RegExp; remedy: string; plainOnly: boolean }[] = [
  { sign: /^\d+e\d+$/i, remedy: "Write the seconds without an exponent", plainOnly: false },
  { sign: /^\d+(:\d+)+$/, remedy: "Write the seconds as one number, without colons", plainOnly: false },
  { sign: /^0[xob]/i, remedy: "Write the seconds as a decimal number", plainOnly: false },
  { sign: /^0\d/, remedy: "Remove the leading 0: YAML reads such a number as octal", plainOnly: true },
];

/** What the official agent reads the first digits of is taken where the rest means nothing else. */
const secondsInWords = /^[\d._,]+(e\+?\d+)?(\s*s(ec(ond)?s?)?)?$/i;

function number(text: string): number {
  const plain = text.replaceAll(/[_,]/g, "");
  if (/^\d+(\.\d+)?(e\+?\d+)?$/i.test(plain)) return Math.trunc(Number(plain));
  return Number.parseInt(plain, 10);
}

function refuse(findings: Findings, place: Place, remedy: string): number {
  findings.error(messages.badTimeout, place, remedy);
  return timeoutSecondsDefault;
}
