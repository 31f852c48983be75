import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What makes the pages, where this runs from the repository. A package has them made. */
const maker = new URL("../../../scripts/build-console.ts", import.meta.url);

/** Returns the folder of the built pages, as a URL; they are built again when their sources have changed. Throws when there are none. */
export function builtFolder(): URL {
  const folder = new URL("../dist/", import.meta.url);
  if (existsSync(maker) && !isFresh(folder))
    execFileSync(process.execPath, [fileURLToPath(maker)], { stdio: ["ignore", "ignore", "inherit"] });
  if (existsSync(new URL("index.html", folder))) return folder;
  throw new Error(
    `Cannot find the console's pages in "${fileURLToPath(folder)}". Make them with: npm run build:console`,
  );
}

/** Whether nothing that went into the pages has changed since. */
function isFresh(folder: URL): boolean {
  try {
    const inputs = JSON.parse(readFileSync(new URL("inputs.json", folder), "utf8")) as readonly string[]; // written by scripts/build-console.ts
    const made = statSync(new URL("index.html", folder)).mtimeMs;
    return inputs.every((input) => statSync(new URL(input, folder)).mtimeMs <= made);
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return false; // never made, or of a source that is gone
    throw error;
  }
}
