import { isBackupFile, required } from "./backup-files.ts";

/** The first entry of a backup. */
export const manifestName = "backup.json";

/** The form of backups that this program writes and reads. */
export const manifestFormat = 1;

/** What is in a backup. */
export interface BackupManifest {
  readonly format: typeof manifestFormat;
  /** Of the program that wrote it. */
  readonly version: string;
  readonly at: string;
  readonly files: readonly { readonly name: string; readonly size: number; readonly sha256: string }[];
}

/** Largest list of files, in bytes: a line of some hundred for each object of the local cloud's S3. */
export const manifestBytesMax = 256 * 1024 * 1024;

/** Reads the list of a backup. Throws what was found and expected. */
export function readManifest(text: string): BackupManifest {
  const value = parsed(text);
  const { format, version, at, files } = value;
  if (format !== manifestFormat)
    throw new Error(`it is of format ${String(format).slice(0, 20)}, and this program reads format ${manifestFormat}`);
  if (typeof version !== "string" || typeof at !== "string" || !Array.isArray(files))
    throw new Error(`${manifestName} is not what sluice backup writes`);
  const read = (files as readonly unknown[]).map(fileOf);
  if (new Set(read.map(({ name }) => name)).size !== read.length) throw new Error(`${manifestName} names a file twice`);
  const missing = required.filter((name) => !read.some((file) => file.name === name));
  if (missing.length > 0) throw new Error(`it lacks ${missing.join(", ")}`);
  return { format: manifestFormat, version, at, files: read };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`${manifestName} is not JSON`);
}

function fileOf(value: unknown): BackupManifest["files"][number] {
  const { name, size, sha256 } = { ...(value as Readonly<Record<string, unknown>> | null) };
  if (typeof name === "string" && isBackupFile(name))
    if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0)
      if (typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256)) return { name, size, sha256 };
  throw new Error(`${manifestName} names a file that no backup has: ${JSON.stringify(name)?.slice(0, 100)}`);
}
