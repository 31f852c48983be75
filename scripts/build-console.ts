// Makes the console's pages from packages/console/src/browser: `npm run build:console`. Its scripts' and style's names have a
// hash of what is in them, so that a browser may keep them for ever; index.html, which names them, comes last and whole.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { rolldown } from "rolldown";
import { billOfMaterials, packagesOf } from "./bill-of-materials.ts";

const root = resolve(import.meta.dirname, "..");
const source = join(root, "packages/console/src/browser");
const folder = join(root, "packages/console/dist");

/** Builds the pages. Returns the path of index.html. Files of an earlier build stay: a process may be serving them. */
export async function buildConsole(): Promise<string> {
  mkdirSync(join(folder, "assets"), { recursive: true });
  const bundle = await rolldown({
    input: { console: join(source, "main.tsx") },
    platform: "browser",
    tsconfig: join(source, "tsconfig.json"),
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
    logLevel: "warn",
  });
  const { output } = await bundle.generate({
    format: "esm",
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: "[name]-[hash].js",
    minify: true,
    codeSplitting: {
      groups: [{ name: "shared", test: /node_modules|[\\/]browser[\\/](?:live|ui)[\\/]|[\\/]deployment-table/ }],
    },
  });
  await bundle.close();
  const chunks = output.filter((file) => file.type === "chunk");
  for (const { fileName, code } of chunks) replaceFile(join(folder, "assets", fileName), code);
  const { styles, files } = readStyles();
  const style = `console-${createHash("sha256").update(styles).digest("hex").slice(0, 8)}.css`;
  replaceFile(join(folder, "assets", style), styles);
  const entry = chunks.find(({ isEntry }) => isEntry);
  if (entry === undefined) throw new Error("The bundler gave no entry");
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds).filter((path) => path.startsWith(root));
  const inputs = [
    ...modules,
    ...files,
    join(source, "index.html"),
    import.meta.filename,
    join(root, "package-lock.json"),
  ];
  replaceFile(join(folder, "console.cdx.json"), asText(billOfMaterials("packages/console", packagesOf(modules))));
  writeManifest(inputs, {
    entry: entry.fileName,
    initial: [...entry.imports],
    style,
    chunks: chunks.map(({ fileName }) => fileName),
  });
  const html = readFileSync(join(source, "index.html"), "utf8");
  const heads = [
    ...entry.imports.map((name) => `<link rel="modulepreload" href="/console-assets/${name}">`),
    `<link rel="stylesheet" href="/console-assets/${style}">`,
    `<script type="module" src="/console-assets/${entry.fileName}"></script>`,
  ];
  const page = join(folder, "index.html");
  replaceFile(
    page,
    html.replace("<!-- assets -->", () => heads.join("\n    ")),
  );
  return page;
}

const asText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What a build has made, for tests of its size and for removing what is of no use any more. */
interface Manifest {
  readonly entry: string;
  /** What the entry loads at once. */
  readonly initial: readonly string[];
  readonly style: string;
  readonly chunks: readonly string[];
}

function writeManifest(inputs: readonly string[], manifest: Manifest): void {
  replaceFile(join(folder, "manifest.json"), asText(manifest));
  replaceFile(join(folder, "inputs.json"), asText(inputs.map((path) => relative(folder, path)).toSorted()));
}

/** The style sheets as one, tokens first, without comments and indentation. Their folder counts as an input: a file may be added. */
function readStyles(): { readonly styles: string; readonly files: readonly string[] } {
  const styleFolder = join(source, "styles");
  const names = readdirSync(styleFolder).filter((name) => name.endsWith(".css"));
  const ordered = ["tokens.css", ...names.filter((name) => name !== "tokens.css").toSorted()];
  const files = ordered.map((name) => join(styleFolder, name));
  const whole = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const styles = whole
    .replaceAll(/\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{};,]) ?/g, "$1");
  return { styles, files: [styleFolder, ...files] };
}

/** Writes a file atomically: other processes may be reading or writing it. */
function replaceFile(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, path);
}

if (import.meta.filename === createRequire(import.meta.url).resolve(process.argv[1] ?? "")) {
  process.umask(0o022); // who starts this keeps his own files from others, who may use what is made here
  if (process.argv.includes("--clean")) rmSync(folder, { recursive: true, force: true });
  console.log(await buildConsole());
}
