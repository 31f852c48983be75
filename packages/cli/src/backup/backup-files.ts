import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Files of the data folder itself: databases, keys, and the configuration file if there is one. */
const own = [
  "codedeploy.sqlite",
  "identities.sqlite",
  "audit.sqlite",
  "identities.key",
  "credentials",
  "signer.pem",
  "sluice.yaml",
  "script-logs.sqlite",
] as const;

/** Files of a local cloud: its database, its authority. What instances, functions and images have on the disk is not among them. */
const clouds = ["cloud/cloud.db", "cloud/authority.pem", "cloud/authority.names.json"] as const;

/** Folders of a local cloud that belong to a backup as they are: keys of certificates, and the objects of S3. */
const folders = ["cloud/certificates", "cloud/s3"] as const;

/** Those that a data folder cannot be without. */
export const required: readonly string[] = own.slice(0, 5);

/** Those that are SQLite databases. */
export const isDatabase = (name: string): boolean => name.endsWith(".sqlite") || name === "cloud/cloud.db";

/** What a file of a backup may be called: nothing else is ever written. */
export const isBackupFile = (name: string): boolean =>
  ([...own, ...clouds] as readonly string[]).includes(name) ||
  /^cloud\/certificates\/[\w-]{1,128}\.pem$|^cloud\/s3\/[0-9a-f]{2}\/[0-9a-f]{32}$/.test(name);

/** The files of a data folder that belong to its backup, by their names in it. */
export function backupFiles(dataFolder: string): readonly string[] {
  const isFile = (name: string) => lstatSync(join(dataFolder, name), { throwIfNoEntry: false })?.isFile() === true;
  const within = folders.flatMap((folder) => {
    if (lstatSync(join(dataFolder, folder), { throwIfNoEntry: false })?.isDirectory() !== true) return [];
    return readdirSync(join(dataFolder, folder), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name}`,
    );
  });
  return [...own, ...clouds, ...within].filter((name) => isBackupFile(name) && isFile(name));
}
