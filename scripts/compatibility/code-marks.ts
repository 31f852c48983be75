// What the code's comments say of AWS: `Unlike AWS` marks a difference, `(inferred)` a reading of ours.
import { globSync, readFileSync } from "node:fs";

/** A difference or a reading, as one comment says it. */
export interface CodeMark {
  readonly kind: "differs" | "reading";
  readonly text: string;
  readonly path: string;
  /** What the comment is about: a function, a type, an operation; undefined for a whole file. */
  readonly home: string | undefined;
  /** The member of a type that it is about. */
  readonly member: string | undefined;
}

/** A part of a file that has a name: a declaration at its top, or one operation of a table of operations. Lines count from 0. */
export interface Unit {
  readonly name: string;
  readonly path: string;
  readonly start: number;
  readonly lines: readonly string[];
}

const declaration =
  /^(?:export )?(?:default )?(?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type|enum) ([A-Za-z_$][\w$]*)/;
const member = /^ {2}(?:async )?([A-Z]\w+)(?:\(|: )/;

/** The units of a file, in order. Members of an object are units when `isOperation` knows their names. */
export function unitsOf(path: string, text: string, isOperation: (name: string) => boolean): readonly Unit[] {
  const lines = text.split("\n");
  const starts = lines.flatMap((line, start) => {
    const name = declaration.exec(line)?.[1] ?? operationIn(line, isOperation);
    return name === undefined ? [] : [{ name, start }];
  });
  return starts.map(({ name, start }, index) => ({
    name,
    path,
    start,
    lines: lines.slice(start, starts[index + 1]?.start ?? lines.length),
  }));
}

function operationIn(line: string, isOperation: (name: string) => boolean): string | undefined {
  const name = member.exec(line)?.[1];
  return name !== undefined && isOperation(name) ? name : undefined;
}

/** The files of the product that people read, by path. */
export function productFiles(): ReadonlyMap<string, string> {
  const paths = globSync("packages/*/src/**/*.ts").filter(
    (path) => !path.endsWith(".test.ts") && !path.includes("/tables/"),
  );
  return new Map(paths.toSorted().map((path) => [path, readFileSync(path, "utf8")]));
}

/** Every mark of a file, in order. */
export function codeMarks(path: string, text: string, units: readonly Unit[]): readonly CodeMark[] {
  const lines = text.split("\n");
  return commentsIn(lines).flatMap(({ first, next, text: said }) => {
    const kind = kindOf(said);
    if (kind === undefined) return [];
    const unit = units.find(({ start }) => start === next) ?? units.findLast(({ start }) => start <= first);
    const about = /^\s+(?:readonly )?(\w+)\??:/.exec(lines[next] ?? "")?.[1];
    return [{ kind, text: sentencesOf(kind, said), path, home: unit?.name, member: about }];
  });
}

const kindOf = (said: string): CodeMark["kind"] | undefined => {
  if (said.includes("Unlike AWS")) return "differs";
  return said.includes("(inferred") ? "reading" : undefined;
};

interface Comment {
  readonly first: number;
  /** The line of code below it. */
  readonly next: number;
  readonly text: string;
}

/** The comments of a file: neighbouring lines are one. */
function commentsIn(lines: readonly string[]): readonly Comment[] {
  const found: Comment[] = [];
  for (let line = 0; line < lines.length; line += 1) {
    const first = line;
    const parts: string[] = [];
    while (isComment(lines[line])) parts.push(plain(lines[line++] ?? ""));
    if (parts.length > 0) found.push({ first, next: line, text: parts.join(" ").replaceAll(/\s+/g, " ").trim() });
    const trailing = /[;,{)] \/\/ (.+)$/.exec(lines[line] ?? "")?.[1];
    if (trailing !== undefined) found.push({ first: line, next: line, text: trailing });
  }
  return found;
}

const isComment = (line: string | undefined): boolean => /^\s*(?:\/\/|\/\*|\*)/.test(line ?? "");

const plain = (line: string): string =>
  line
    .trim()
    .replace(/^(?:\/\*\*?|\*\/|\*|\/\/)/, "")
    .replace(/\*\/$/, "");

/** What a comment says of the mark: a difference to its end, a reading in its one sentence. */
function sentencesOf(kind: CodeMark["kind"], said: string): string {
  if (kind === "reading") {
    const sentence = said.split(/(?<=\.) /).find((one) => one.includes("(inferred")) ?? said;
    return withoutCitations(sentence.replace(/ ?\(inferred\)/, ""));
  }
  const [before = "", after = ""] = said.split(/Unlike AWS(?=\W)/);
  const [, whom = "", mark = "", rest = ""] = /^('s first agent|'s agents)?([:,]?) ?(.*)$/s.exec(after) ?? [];
  const what = rest.replace(/\.$/, "");
  // "Unlike AWS, which …" is said of what stands before it; a short difference goes with what it is one of.
  if (mark === "," && /^(which|where) /.test(what))
    return withoutCitations(`${before.trim().replace(/\.$/, "")} (unlike AWS${whom}, ${what})`.trim());
  const head = what.length < 40 ? before : "";
  return withoutCitations(`${head}${capital(what)}${whom === "" ? "" : ` (unlike AWS${whom})`}`);
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** The page says where it stands: sections are for readers of the code. */
const withoutCitations = (text: string): string =>
  text.replaceAll(/ ?\((?:[a-z]+\.md )?(?:§[^()]*|inferred; [^()]*)\)/g, "").trim();
