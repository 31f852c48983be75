import { basename, dirname } from "node:path";
import { check, products, type Source } from "./sources.ts";

/** Lines a file may have: one concept fits. */
const fileLinesMax = 300;

check("files hold one concept", `above ${fileLinesMax} lines a file holds two`, products, ({ lines }) =>
  lines.length > fileLinesMax + 1 ? [`${lines.length} lines`] : [],
);

/** Lines a function, a method or an arrow may have. */
const functionLinesMax = 60;

/** The heads of what looks like a function, and is none. */
const control = /^\s*(?:\} )?(?:if|else|for|while|switch|catch|do|try|finally)\b|\bclass\b/;

/** Whether a line ends with the brace that opens a function's body. */
const opensFunction = (line: string): boolean =>
  /=>\s*\{$/.test(line) || (/\)(?:: [^=]+)?\s*\{$/.test(line) && !control.test(line));

check("functions fit on a screen", `above ${functionLinesMax} lines nobody sees the whole`, products, ({ lines }) =>
  lines.flatMap((line, start) => {
    if (!opensFunction(line)) return [];
    const indent = /^\s*/.exec(line)?.[0] ?? "";
    const end = lines.findIndex((later, index) => index > start && later.startsWith(`${indent}}`));
    return end - start > functionLinesMax ? [`line ${start + 1}: a function of ${end - start} lines`] : [];
  }),
);

/** Files that one folder may have on its own level, tests aside: more are a list to search, not a room. */
const folderFilesMax = 20;

const folders: readonly Source[] = [...Map.groupBy(products, ({ path }) => dirname(path))].map(([path, files]) => ({
  path,
  text: "",
  lines: files.map((file) => basename(file.path)),
}));

check(
  "folders have at most about twenty files",
  "a room says what belongs into it; a list says nothing",
  folders,
  ({ lines: files }) => (files.length > folderFilesMax ? [`${files.length} files`] : []),
);
