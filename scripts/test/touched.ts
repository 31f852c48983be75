// Which tests a change touches: those from which the changed file can be reached by imports, or by the paths of files that a source names.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";

/** Whatever these say, everything may depend on it. */
const touchesAll =
  /^(package(-lock)?\.json|packages\/[^/]+\/package\.json|tsconfig\.json|\.npmrc|scripts\/(test|pack|run)\b.*)$/;

/** What has changed since this branch left `main`, what is not committed included. */
export function changedFiles(): readonly string[] {
  const git = (...words: readonly string[]) => execFileSync("git", words, { encoding: "utf8" }).trim().split("\n");
  const [base = "HEAD"] = hasMain() ? git("merge-base", "HEAD", "main") : [];
  return [...git("diff", "--name-only", base), ...git("ls-files", "--others", "--exclude-standard")].filter(Boolean);
}

function hasMain(): boolean {
  try {
    execFileSync("git", ["rev-parse", "--verify", "--quiet", "main"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The tests among these files that a change of those touches. */
export function touchedBy(changed: readonly string[], tests: readonly string[]): readonly string[] {
  if (changed.some((file) => touchesAll.test(file))) return tests;
  const graph = new Map<string, readonly string[]>();
  const reaches = (file: string, seen: Set<string>): boolean => {
    if (seen.has(file)) return false;
    seen.add(file);
    if (changed.some((one) => one === file || one.startsWith(`${file}/`))) return true;
    let next = graph.get(file);
    if (next === undefined) graph.set(file, (next = namedIn(file)));
    return next.some((one) => reaches(one, seen));
  };
  return tests.filter((test) => reaches(test, new Set()));
}

/** The files and folders that a source names: what it imports, and every path in it that is there. */
function namedIn(file: string): readonly string[] {
  if (!/\.(ts|js)$/.test(file) || !existsSync(file)) return [];
  const names = [...readFileSync(file, "utf8").matchAll(/"([^"\\\n]{1,200})"/g)].map(([, name = ""]) => name);
  return [...new Set(names.flatMap((name) => placeOf(name, file)))];
}

function placeOf(name: string, from: string): readonly string[] {
  const [, owner = "", entry] = /^@sluice\/([^/]+)(?:\/(.+))?$/.exec(name) ?? [];
  if (owner !== "") return exported(owner, entry === undefined ? "." : `./${entry}`);
  if (!/^\.{1,2}\//.test(name)) return [];
  // What is packed is made of sources.
  const place = normalize(join(dirname(from), name)).replace(
    /^packages\/agent\/dist\/.*/,
    "packages/agent/src/main.ts",
  );
  return !place.startsWith("..") && place !== "." && existsSync(place) ? [place] : [];
}

function exported(owner: string, entry: string): readonly string[] {
  const file = `packages/${owner}/package.json`;
  if (!existsSync(file)) return [];
  const { exports = {} } = JSON.parse(readFileSync(file, "utf8")) as { readonly exports?: Record<string, string> };
  const target = exports[entry];
  return target === undefined ? [] : [relative(".", join(`packages/${owner}`, target))];
}
