import type { Configuration } from "../config.ts";
import { unsafePartOf } from "../files/unsafe-folder.ts";
import { shownPath } from "../files/system-path.ts";
import { userId } from "../install/accounts.ts";

/** Throws if the agent is root and other users could write to its folders or replace them: their content decides what root runs and deletes. */
export function checkAgentFolders(configuration: Configuration): void {
  const { rootDir, logDir, pidDir, user, rejectUnsafeAgentDirs } = configuration;
  if (!rejectUnsafeAgentDirs || process.getuid?.() !== 0) return;
  const agent = user === undefined ? undefined : userId(user);
  const users = [0, ...(agent === undefined ? [] : [agent])];
  check("root_dir", rootDir, users);
  check("pid_dir", pidDir, users);
  check("log_dir", logDir, users);
}

function check(key: string, folder: string, users: readonly number[]): void {
  const found = unsafePartOf(folder, { users, trustsSystemGroups: key === "log_dir" });
  if (found === undefined) return;
  const { path, stat } = found;
  const mode = (stat.mode & 0o7777).toString(8).padStart(4, "0");
  const shown = shownPath(path);
  throw new Error(
    `Cannot use the ${key} "${shownPath(folder)}": others than root may change "${shown}", which belongs to user ${stat.uid} and group ${stat.gid} and has mode ${mode}, and what lies there decides what root does. Make it root's alone: chown root:root "${shown}" && chmod go-w "${shown}"; or name another folder. Whoever trusts all who may write there sets reject_unsafe_agent_dirs: false`,
  );
}
