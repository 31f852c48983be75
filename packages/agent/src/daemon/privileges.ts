import { chmodSync, chownSync } from "node:fs";
import type { Configuration } from "../config.ts";
import { ownFolderMode } from "../files/atomic-file.ts";
import { groupId, primaryGroupId, userId } from "../install/accounts.ts";
import { makeFolders } from "../files/make-folders.ts";

/** Creates the agent's folders, restricts their permissions if the configuration says so, and changes to the user that it names. Throws the official agent's sentence when there is no such user. */
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

/** Node's types lack this function. */
type Posix = NodeJS.Process & { initgroups(user: string, extraGroup: number): void };
