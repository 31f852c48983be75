// Which operations come to a function: by the names that functions use, and the imports of their files.
import { join } from "node:path/posix";
import type { Unit } from "./code-marks.ts";

/** The operations from which each unit can be reached, by `path#name`. */
export function operationsReaching(
  files: ReadonlyMap<string, string>,
  units: readonly Unit[],
  isOperation: (name: string) => boolean,
): ReadonlyMap<string, readonly string[]> {
  const known = new Map(units.map((unit) => [keyOf(unit), unit]));
  const uses = new Map(units.map((unit) => [keyOf(unit), usedBy(unit, importsOf(unit.path, files), known)]));
  const reached = new Map<string, Set<string>>();
  for (const unit of units.filter(({ name }) => isOperation(name))) {
    const open = [keyOf(unit)];
    const seen = new Set(open);
    for (let key = open.pop(); key !== undefined; key = open.pop()) {
      const from = reached.get(key) ?? new Set();
      reached.set(key, from.add(unit.name));
      for (const next of uses.get(key) ?? [])
        if (!seen.has(next) && !isOperation(next.replace(/^.*#/, ""))) {
          seen.add(next);
          open.push(next);
        }
    }
  }
  return new Map([...reached].map(([key, names]) => [key, [...names].toSorted()]));
}

/** By what a unit is found. */
export const keyOf = ({ path, name }: Pick<Unit, "path" | "name">): string => `${path}#${name}`;

/** Where the names that a file imports from beside it are declared. */
function importsOf(path: string, files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const text = files.get(path) ?? "";
  return new Map(
    [...text.matchAll(/^import (?:type )?\{([^}]*)\} from "(\.[^"]+)"/gm)].flatMap(([, names = "", from = ""]) =>
      names.split(",").map((name) => [name.replace(/^\s*(?:type )?/, "").trim(), join(path, "..", from)] as const),
    ),
  );
}

function usedBy(unit: Unit, imported: ReadonlyMap<string, string>, known: ReadonlyMap<string, Unit>): Set<string> {
  const code = unit.lines.filter((line) => !/^\s*(?:\/\/|\/\*|\*)/.test(line)).join("\n");
  const words = new Set(code.match(/[A-Za-z_$][\w$]*/g));
  words.delete(unit.name);
  const keys = [...words].map((name) => keyOf({ path: imported.get(name) ?? unit.path, name }));
  return new Set(keys.filter((key) => known.has(key)));
}
