// The keys of AppSpec files and of the agent's configuration file, with what the specification says of each.
import { marksIn, rowsOf, sectionsOf, type SpecMark } from "./spec-marks.ts";

/** A key of a file, and what is to be known of it. */
export interface Key {
  readonly name: string;
  readonly marks: readonly SpecMark[];
}

/** Which sections of `appspec.md` have keys, and odd cases of keys. */
const keySections = { "2": "servers", "6": "Lambda", "7": "ECS" } as const;
/** The whole of a file, where a row is about no one key. */
const wholeFile = "the file as a whole";

/** Whose odd cases a section has; undefined where each row names its key. */
const oddCases: Readonly<Record<string, string | undefined>> = {
  "4": undefined,
  "5.1": "permissions[].mode",
  "5.2": "permissions[].acls",
  "5.3": "permissions[].context",
  "5.4": "permissions[].pattern",
  "5.5": undefined,
  "8": wholeFile,
};

/** The keys of AppSpec files, by what they are for. */
export function appSpecKeys(): ReadonlyMap<string, readonly Key[]> {
  const sections = sectionsOf("appspec.md");
  const keys = new Map<string, Key[]>();
  for (const { number, text } of sections) {
    const platform = keySections[number as keyof typeof keySections] as string | undefined;
    if (platform === undefined) continue;
    const rows = rowsOf(text).filter(({ heads }) => heads[0] === "key");
    keys.set(
      platform,
      rows.flatMap(({ cells: [names = "", ...others] }) =>
        keyNames(names).map((name) => ({ name, marks: marksIn(others.join(".\n")) })),
      ),
    );
  }
  const servers = keys.get("servers") ?? [];
  const odd = sections.flatMap(({ number, text }) =>
    oddIn(
      number,
      text,
      servers.map(({ name }) => name),
    ),
  );
  keys.set("servers", [
    ...servers.map((key) => ({ ...key, marks: [...key.marks, ...marksOf(odd, key.name)] })),
    { name: wholeFile, marks: marksOf(odd, wholeFile) },
  ]);
  return keys;
}

/** "`a`, `b`", and "`permissions[].owner`, `.group`". */
function keyNames(cell: string): readonly string[] {
  const names = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  const [first = ""] = names;
  return names.map((name) => (name.startsWith(".") ? first.replace(/\.[^.]*$/, name) : name));
}

interface Odd {
  readonly key: string;
  readonly mark: SpecMark;
}

const marksOf = (odd: readonly Odd[], name: string): readonly SpecMark[] =>
  odd.filter(({ key }) => key === name).map(({ mark }) => mark);

/** The rows of a section in which this reader ends otherwise than AWS's. */
function oddIn(number: string, text: string, names: readonly string[]): readonly Odd[] {
  if (!Object.hasOwn(oddCases, number)) return [];
  return rowsOf(text)
    .filter(({ heads }) => heads[0] === "#" && heads.length === 4 && heads[3] === "here")
    .filter(({ cells: [, , aws, here = ""] }) => !here.startsWith("same") && here !== aws)
    .map(({ cells: [, found = "", aws = "", here = ""] }) => ({
      key: oddCases[number] ?? keyIn(found, names) ?? sectionOf(found),
      mark: { kind: "differs", text: `${found} – ${here} (AWS's agent: ${aws})` },
    }));
}

/** The key that a row begins with, as people write it. */
function keyIn(found: string, names: readonly string[]): string | undefined {
  const words = found.replaceAll("`", "").match(/[A-Za-z_]+/g) ?? [];
  const first = words.find((word) => names.some((name) => lastPart(name) === word));
  return first === undefined ? undefined : names.find((name) => lastPart(name) === first);
}

const lastPart = (name: string): string => name.replace(/^.*\./, "").replace("[]", "");

const sectionOf = (found: string): string => (/\b(event|scripts?)\b/.test(found) ? "hooks" : wholeFile);

/** A setting of the agent. */
export interface Setting extends Key {
  /** The name by which the agent's code knows it. */
  readonly member: string | undefined;
}

/** The settings that the agent reads, from its own table, with what `agent.md` says of each; and those that change nothing. */
export function agentSettings(config: string): {
  readonly read: readonly Setting[];
  readonly retired: readonly string[];
} {
  const told = new Map(
    rowsOf(sectionsOf("agent.md").find(({ number }) => number === "7.4")?.text ?? "").flatMap(
      ({ cells: [names = "", , said = ""] }) => keyNames(names).map((name) => [name, marksIn(said)] as const),
    ),
  );
  const table = /const readers = \{\n(.*?)\n\} as const/s.exec(config)?.[1] ?? "";
  const read = table.split(/\n(?= {2}[a-z])/).map((entry) => {
    const name = /^ *([a-z_0-9]+):/.exec(entry)?.[1] ?? "";
    const member = /optional\("(\w+)"|\(\{\s*(\w+):/.exec(entry);
    return { name, member: member?.[1] ?? member?.[2], marks: told.get(name) ?? [] };
  });
  const retired = /const retired = \[\n(.*?)\n\];/s.exec(config)?.[1] ?? "";
  return { read, retired: [...retired.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name) };
}
