import { readFileSync } from "node:fs";
import { findProgram } from "../../programs.ts";

/** What isolated instances are made with; all but `sh`, which every system has. */
const programs = ["unshare", "nsenter", "mount", "ip", "setpriv"];

/** Returns the programs that isolated instances need and this machine lacks. */
export const missingPrograms = (): readonly string[] =>
  programs.filter((program) => findProgram(program) === undefined);

/** Why instances with namespaces of their own cannot be had on this machine, and how to allow them. */
export function whyRefused(trouble: string): string {
  const cause = causes.find(({ applies }) => applies(trouble));
  return cause === undefined
    ? `isolated instances cannot be made here: ${trouble}`
    : `isolated instances cannot be made here: ${cause.why}. ${cause.remedy}`;
}

/** Whether instances would be shown a data folder, with the rights of the user who owns it: they have this machine's /usr, and of its /etc what that user may read. Root's data folder is closed to the user that root inside them is. */
export const isShown = (dataFolder: string, user: number | undefined): boolean =>
  user !== 0 && ["/usr/", "/etc/"].some((folder) => dataFolder.startsWith(folder));

/** The trouble with such a data folder. */
export const dataIsShown = "instances would be shown the data folder";

interface Cause {
  readonly applies: (trouble: string) => boolean;
  readonly why: string;
  readonly remedy: string;
}

const causes: readonly Cause[] = [
  {
    applies: () => process.platform !== "linux",
    why: "they need Linux",
    remedy: "Run Sluice in a Linux virtual machine or a privileged Linux container",
  },
  {
    applies: () => missingPrograms().length > 0,
    get why() {
      const missing = missingPrograms();
      return `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing`;
    },
    remedy: "Install them; on Debian and Ubuntu: apt install util-linux mount iproute2",
  },
  {
    applies: (trouble) => trouble === dataIsShown,
    why: "they would be shown the data folder, which lies below /usr or /etc",
    remedy: "Put it elsewhere with --data",
  },
  {
    applies: () => setting("kernel/apparmor_restrict_unprivileged_userns") === "1" && process.getuid?.() !== 0,
    why: "AppArmor keeps ordinary users from user namespaces",
    remedy: "Allow them with: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
  },
  {
    applies: () => setting("user/max_user_namespaces") === "0",
    why: "user namespaces are switched off",
    remedy: "Allow them with: sudo sysctl user.max_user_namespaces=15000",
  },
  {
    applies: () => setting("kernel/unprivileged_userns_clone") === "0" && process.getuid?.() !== 0,
    why: "ordinary users may not make user namespaces",
    remedy: "Allow them with: sudo sysctl kernel.unprivileged_userns_clone=1",
  },
  {
    applies: (trouble) => /overlay/.test(trouble),
    why: "the data folder lies on a file system that cannot carry overlays",
    remedy: "Put it on ext4, xfs, btrfs or tmpfs with --data; in a container, on a volume",
  },
  {
    applies: (trouble) => /Operation not permitted|EPERM|Permission denied/.test(trouble),
    why: "the system refuses user namespaces, as containers do by default",
    remedy: "Run the container with --privileged, or with a seccomp profile that allows unshare and mount",
  },
];

function setting(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, "utf8").trim();
  } catch {
    return undefined; // this kernel has no such setting
  }
}
