import { chmodSync, chownSync } from "node:fs";
import type { Configuration } from "../config.ts";
import { ownFolderMode } from "../files/atomic-file.ts";
import { groupId, primaryGroupId, userId } from "../install/accounts.ts";
import { makeFolders } from "../files/make-folders.ts";

/** Makes the agent's folders, closes them to others where the configuration says so, and gives root's rights away where it names a user. Throws the official agent's sentence when there is no such user. */
export function dropPrivileges(configuration: Configuration): void {
  const { logDir, pidDir, rootDir, user, group } = configuration;
  for (const folder of [logDir, pidDir, rootDir]) makeFolders(folder, folder === logDir ? ownFolderMode : undefined);
  if (configuration.restrictAgentDirPermissions) chmodSync(rootDir, 0o700);
  if (configuration.restrictLogDirPermissions) chmodSync(logDir, 0o700);
  if ((user === undefined && group === undefined) || process.getuid?.() !== 0) return;

  const uid = user === undefined ? 0 : userId(user);
  if (uid === undefined) throw new Error(`The system user does not exist: "${user}"`);
  const gid = group === undefined ? primaryGroupId(user ?? "root") : groupId(group);
  if (gid === undefined) throw new Error(`The system group does not exist: "${group ?? user}"`);
  for (const folder of [logDir, pidDir, rootDir]) chownSync(folder, uid, gid);
  (process as Posix).initgroups(user ?? "root", gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

/** What the types leave out. */
type Posix = NodeJS.Process & { initgroups(user: string, extraGroup: number): void };
