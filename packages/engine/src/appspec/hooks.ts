import { type Hook, timeoutSecondsDefault } from "./appspec.ts";
import { scriptableEvents } from "./lifecycle-events.ts";
import type { Findings } from "./findings.ts";
import { warnOfUnknownKeys } from "./known-keys.ts";
import * as messages from "./messages.ts";
import { leaves } from "./paths.ts";
import { isFalse, readText } from "./yaml/scalars.ts";
import { readTimeout } from "./timeout.ts";
import { type Entry, kindOf, type ListTree, type MapTree, type Tree } from "./yaml/yaml-tree.ts";

/** The scripts by lifecycle event (appspec.md §4, H1 to H26). */
export function readHooks(tree: Tree | undefined, findings: Findings): Record<string, readonly Hook[]> {
  const hooks: Record<string, readonly Hook[]> = {};
  if (tree === undefined || tree.kind === "null" || isFalse(tree)) return hooks;
  if (tree.kind !== "map") {
    findings.error(
      messages.badShape("the hooks section", "a mapping from lifecycle events to lists of scripts", kindOf(tree)),
      tree.place,
    );
    return hooks;
  }
  for (const [event, entry] of tree.entries) {
    warnOfEvent(event, entry, findings);
    const scripts = readEvent(event, entry.value, findings);
    // A name such as "__proto__" must stay a name.
    if (scripts !== undefined) Object.defineProperty(hooks, event, { value: scripts, enumerable: true });
  }
  return hooks;
}

const reserved = ["Start", "DownloadBundle", "Install", "BlockTraffic", "AllowTraffic", "End"];

function warnOfEvent(event: string, { place }: Entry, findings: Findings): void {
  const scriptable: readonly string[] = scriptableEvents;
  if (scriptable.includes(event)) return;
  const meant = scriptable.find((name) => name.toLowerCase() === event.toLowerCase());
  const reason = reserved.includes(event)
    ? "it runs no scripts"
    : meant === undefined
      ? "there is no such event"
      : `it is spelled "${meant}"`;
  findings.warn("event", `The scripts of the lifecycle event "${event}" never run: ${reason}`, place);
}

function readEvent(event: string, tree: Tree, findings: Findings): readonly Hook[] | undefined {
  if (tree.kind === "null") return undefined;
  if (tree.kind !== "list") {
    findings.error(
      messages.badShape(`the hook ${event}`, "a list of scripts", kindOf(tree)),
      tree.place,
      'Start each script with "- location:"',
    );
    return undefined;
  }
  const scripts = tree.items.map((item, index) => readHook(item, { event, list: tree, index, findings }));
  const total = scripts.reduce((sum, { timeoutSeconds }) => sum + timeoutSeconds, 0);
  if (scripts.length > 1 && total > timeoutSecondsDefault && tree.items.some(hasTimeout))
    findings.warn(
      "timeout",
      `The scripts of ${event} may take ${total} seconds together, and the event ${timeoutSecondsDefault}`,
      tree.place,
    );
  return scripts;
}

const hasTimeout = (item: Tree): boolean => item.kind === "map" && item.entries.has("timeout");

const nothing: Hook = { location: "", timeoutSeconds: timeoutSecondsDefault, sudo: false };

interface Position {
  readonly event: string;
  readonly list: ListTree;
  readonly index: number;
  readonly findings: Findings;
}

function readHook(tree: Tree, { event, list, index, findings }: Position): Hook {
  if (tree.kind !== "map") {
    findings.error(
      messages.badShape(`each script of ${event}`, "a mapping with a location", kindOf(tree)),
      tree.place,
      'Write "- location: PATH"',
    );
    return nothing;
  }
  warnOfUnknownKeys(tree, ["location", "timeout", "runas", "sudo"], findings);
  const location = readLocation(tree, { splitFrom: list.items[index - 1], findings });
  const runas = readRunas(tree, findings);
  return {
    location,
    timeoutSeconds: readTimeout(tree.entries.get("timeout")?.value, findings),
    runas: runas === "" ? undefined : runas,
    sudo: readSudo(tree.entries.get("sudo")?.value, findings),
  };
}

/** A blank one is none, as for the official agent, and may be what a template has left of a name. */
function readRunas(hook: MapTree, findings: Findings): string {
  const value = hook.entries.get("runas")?.value;
  const runas = readText(value, "the runas of a script", findings) ?? "";
  if (runas === "" && (value?.kind === "null" || value?.kind === "text"))
    findings.warn(
      "blank-runas",
      "The runas of a script is blank: the script runs as the agent's user, normally root",
      value.place,
    );
  return runas;
}

function readLocation(
  hook: MapTree,
  { splitFrom, findings }: { splitFrom: Tree | undefined; findings: Findings },
): string {
  const value = hook.entries.get("location")?.value;
  const location = readText(value, "the location of a script", findings);
  if (location === undefined) return "";
  if (location === "") findings.error(messages.noLocation, value?.place ?? hook.place, locationRemedy(hook, splitFrom));
  else if (leaves(location)) findings.error(messages.leavesRevision("location", location), hook.place);
  else if (/\s/.test(location))
    findings.warn(
      "location",
      `The location "${location}" is one path: a script gets no arguments`,
      value?.place ?? hook.place,
    );
  return location;
}

function locationRemedy(hook: MapTree, before: Tree | undefined): string | undefined {
  const split =
    before?.kind === "map" &&
    before.entries.has("location") &&
    ["timeout", "runas"].some((key) => hook.entries.has(key));
  return split ? "Remove the dash in front of this line: it starts a script of its own" : undefined;
}

/** `sudo` was never documented: text counts by its meaning (appspec.md §4, H22). */
function readSudo(tree: Tree | undefined, findings: Findings): boolean {
  const text = readText(tree, "the sudo of a script", findings);
  return text !== undefined && !/^(false|no|off|n|)$/i.test(text);
}
