import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { configuration, settings } from "../../config.ts";
import { type Given, places, settingsHead, sysusers, unit, withLocalCloud, withSettings } from "../../service/unit.ts";

/** What `sluice service` is asked for. */
export interface ServiceRequest {
  readonly what: "install" | "status" | "remove";
  /** A folder that stands for the root of a system, such as that of an image; nothing is started then. */
  readonly root?: string | undefined;
  readonly account?: string | undefined;
  /** Whether it is to have a local cloud, too. */
  readonly localCloud?: boolean | undefined;
  /** The words that start this program, by absolute paths; undefined in a clone. */
  readonly start: readonly string[] | undefined;
  /** The settings that this call was given, for the service to have. */
  readonly given: Given;
}

/** Installs, shows or removes the systemd unit of the control plane. Prints by lines, and returns the exit code: that of `systemctl is-active` for its status. */
export function service(request: ServiceRequest, print: (line: string) => void): number {
  const { what, root = "" } = request;
  if (what === "status") return status(root, print);
  if (root === "" && process.getuid?.() !== 0)
    throw new Error(`Cannot ${what} the service: only root may. Use: sudo sluice service ${what}`);
  return what === "install" ? install(request, print) : remove(root, print);
}

function install(
  { root = "", account, localCloud, given, start: words }: ServiceRequest,
  print: (line: string) => void,
): number {
  const start = startable(words).join(" ");
  if (given.data !== undefined)
    throw new Error(`Cannot set --data for the service: it may write to ${places.data} alone. Bind another disk there`);
  configuration(given); // which throws what is wrong with one of them
  if (existsSync(join(root, places.packagedUnit)))
    throw new Error(`Cannot install the service: a package has, as ${places.packagedUnit}. Remove that package first`);
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw new Error(`Cannot use account "${account}": expected twelve digits`);
  const set = {
    ...variables(given),
    ...(account === undefined ? {} : { SLUICE_ACCOUNT: account }),
    ...(localCloud === true ? withLocalCloud : {}),
  };
  const file = join(root, places.settings);
  write(file, withSettings(existsSync(file) ? readFileSync(file, "utf8") : settingsHead, set), 0o600);
  write(join(root, places.user), sysusers, 0o644);
  write(join(root, places.unit), unit(start), 0o644);
  makeUser(root);
  if (hasSystemd(root)) {
    systemctl("daemon-reload");
    systemctl("enable", "--quiet", "sluice");
    systemctl("restart", "sluice");
  }
  print(`Installed ${places.unit}, which starts: ${start}`);
  print(`Its settings are in ${places.settings}, its data in ${places.data}`);
  if (!hasSystemd(root))
    print("Nothing was started: systemd does not run here. It begins with: systemctl enable --now sluice");
  return 0;
}

/** What the service cannot see: homes, and others' temporary folders. */
const hidden = /^\/(home|root|run\/user|tmp|var\/tmp)\//;

/** Returns the given settings by their environment variables. Throws when one names a file that the service cannot see. */
function variables(given: Given): Readonly<Record<string, string>> {
  const pairs = Object.entries(given).map(([name, value]) => {
    const { flag, variable } = settings[name as keyof Given]; // `given` has no other names
    const text = value === true ? "on" : value;
    if (!/<(file|folder)>$/.test(flag)) return [variable, text];
    const path = resolve(text);
    if (hidden.test(path))
      throw new Error(`Cannot set ${flag}: the service does not see ${path}. Lay it below /etc/sluice`);
    return [variable, path];
  });
  return Object.fromEntries(pairs) as Record<string, string>; // pairs of text
}

/** Returns the command that starts this program. Throws when a service could not run it. */
function startable(words: readonly string[] | undefined): readonly string[] {
  if (words === undefined)
    throw new Error(
      "Cannot install the service from a clone: install what npm run pack or npm run build makes, and use that",
    );
  const unseen = words.find((word) => hidden.test(word));
  if (unseen !== undefined)
    throw new Error(
      `Cannot install the service: it sees no home and no temporary folder, and this program is ${unseen}. Install it for all, such as with: npm install --global --prefix /usr/local`,
    );
  const wrong = words.find((word) => !/^\/[\w./+@-]+$/.test(word));
  if (wrong !== undefined)
    throw new Error(`Cannot install the service: systemd would read the path "${wrong}" otherwise`);
  return words;
}

function write(file: string, text: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  rmSync(`${file}.new`, { force: true });
  writeFileSync(`${file}.new`, text, { mode, flag: "wx" });
  renameSync(`${file}.new`, file);
}

function makeUser(root: string): void {
  const where = root === "" ? [] : [`--root=${root}`];
  try {
    execFileSync("systemd-sysusers", [...where, places.user], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (cause) {
    if (root !== "") return; // it is made when that system starts
    throw new Error('Cannot make the user "sluice": systemd-sysusers failed', { cause });
  }
}

/** Whether the units that are installed are those of the systemd that runs here. */
const hasSystemd = (root: string) => root === "" && existsSync("/run/systemd/system");

const systemctl = (...words: readonly string[]) =>
  execFileSync("systemctl", words, { stdio: ["ignore", "ignore", "inherit"] });

/** What `systemctl is-active` ends with where there is no such unit. */
const noUnit = 4;

/** … and where it does not run. */
const inactive = 3;

function status(root: string, print: (line: string) => void): number {
  const found = [places.unit, places.packagedUnit].find((place) => existsSync(join(root, place)));
  if (found === undefined) {
    print("The service is not installed. Install it with: sluice service install");
    return noUnit;
  }
  const [, start] = /^ExecStart=(.*)$/m.exec(readFileSync(join(root, found), "utf8")) ?? [];
  print(`Installed as ${found}, which starts: ${start}`);
  if (!hasSystemd(root)) {
    print("It does not run: systemd does not run here");
    return inactive;
  }
  const state = stateOf();
  print(`It is ${state}; its log: journalctl -u sluice`);
  return state === "active" ? 0 : inactive;
}

/** The unit's state in systemd's words. */
function stateOf(): string {
  const shown = execFileSync("systemctl", ["show", "--property=ActiveState", "--value", "sluice"], {
    encoding: "utf8",
  });
  return shown.trim();
}

function remove(root: string, print: (line: string) => void): number {
  if (!existsSync(join(root, places.unit))) {
    if (existsSync(join(root, places.packagedUnit)))
      throw new Error("Cannot remove the service: a package brought it. Use: apt remove sluice");
    throw new Error("Cannot remove the service: it is not installed");
  }
  if (hasSystemd(root)) systemctl("disable", "--quiet", "--now", "sluice");
  for (const place of [places.unit, places.user]) rmSync(join(root, place), { force: true });
  if (hasSystemd(root)) systemctl("daemon-reload");
  print(`Removed ${places.unit}. ${places.data}, ${places.settings} and the user "sluice" are still there`);
  return 0;
}
