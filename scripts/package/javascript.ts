// The product's sources as plain JavaScript, file by file: types become blanks, so that a stack trace names the same lines, and
// what a file imports of ours is named by its place. `.mjs`, because netd runs in a room without a package.json that says "module".
import { mkdirSync, readFileSync, writeFileSync, copyFileSync, chmodSync, statSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { globSync } from "node:fs";
import { parseAst } from "rolldown/parseAst";

/** Folders of sources that nobody runs where Sluice is installed: the agent comes as one file, the pages as built. */
const unused = /^packages\/(agent\/src|console\/src\/browser)\/|\.test\.tsx?$|\.d\.ts$/;

/** Copies the sources of every package below `root` to the same places below `target`, as JavaScript, with the files that they read. */
export function copyAsJavaScript(root: string, target: string): void {
  const places = placesOf(root);
  const files = globSync("packages/*/{src,bin}/**", { cwd: root }).filter((path) =>
    statSync(join(root, path)).isFile(),
  );
  for (const path of files.filter((one) => !unused.test(one))) {
    const file = join(target, renamed(path));
    mkdirSync(dirname(file), { recursive: true });
    if (/\.(ts|js)$/.test(path)) writeFileSync(file, asJavaScript(path, { root, places }));
    else copyFileSync(join(root, path), file);
    chmodSync(file, statSync(join(root, path)).mode & 0o111 ? 0o755 : 0o644);
  }
}

/** The name of a file as JavaScript. */
const renamed = (path: string) => (path.endsWith(".ts") ? `${path.slice(0, -extname(path).length)}.mjs` : path);

/** Where each of our packages' entries lies, by the name that it is imported by. */
function placesOf(root: string): ReadonlyMap<string, string> {
  const manifests = globSync("packages/*/package.json", { cwd: root }).map((path) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, path), "utf8")) as {
      name: string;
      exports?: Record<string, string>;
    }; // ours
    return Object.entries(exports).map(([entry, file]) => [join(name, entry), join(dirname(path), file)] as const);
  });
  return new Map(manifests.flat());
}

function asJavaScript(path: string, { root, places }: { root: string; places: ReadonlyMap<string, string> }): string {
  const text = readFileSync(join(root, path), "utf8");
  const code = path.endsWith(".ts") ? stripTypeScriptTypes(text) : text;
  let written = "";
  let end = 0;
  for (const { value, start, end: after } of importedNames(parseAst(code))) {
    written += code.slice(end, start) + JSON.stringify(asImported(value, { path, places }));
    end = after;
  }
  return written + code.slice(end);
}

/** How a file names what it imports: ours by its place, as JavaScript; Node's and others' as before. */
function asImported(name: string, { path, places }: { path: string; places: ReadonlyMap<string, string> }): string {
  if (name.startsWith(".")) return renamed(name);
  if (!name.startsWith("@sluice/")) return name;
  const place = places.get(name);
  if (place === undefined) throw new Error(`${path} imports ${name}, which its package does not offer`);
  return relativeTo(path, renamed(place));
}

function relativeTo(path: string, place: string): string {
  const way = relative(dirname(path), place);
  return way.startsWith(".") ? way : `./${way}`;
}

interface Name {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The strings of a program that name modules, in their order. */
function importedNames(program: unknown): readonly Name[] {
  const found: Name[] = [];
  const look = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if ("type" in node && /^(Import|Export)/.test(String(node.type)) && "source" in node && isName(node.source))
      found.push(node.source);
    for (const inner of Object.values(node)) look(inner);
  };
  look(program);
  return found.toSorted((one, other) => one.start - other.start);
}

const isName = (node: unknown): node is Name =>
  typeof node === "object" && node !== null && "value" in node && typeof node.value === "string";
