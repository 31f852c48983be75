import { join } from "node:path";

/** Devices that programs expect. */
const devices = ["null", "zero", "full", "random", "urandom", "tty"];

/** Memory that the processes of one container may share by name: Docker's own default. */
const sharedMegabytes = 64;

/** A folder that several containers of a task see. */
interface Volume {
  readonly source: string;
  readonly isReadOnly: boolean;
}

/**
 * What `mount` is to mount for a container, in the form of fstab(5). The layers are links in its folder, the lowest called 0.
 * Volumes are only brought along, each to a place with its number: where they belong is known to whoever sees the
 * image alone, since its links, and what other containers have put into a volume, decide what a path leads to.
 */
export function containerTable({
  folder,
  layers,
  volumes,
  tools,
}: {
  readonly folder: string;
  readonly layers: number;
  readonly volumes: readonly Volume[];
  readonly tools: string;
}): string {
  const at = (place: string) => escaped(join(folder, "root", place));
  // Links have short names: all options of one mount have room on one page.
  const lower = Array.from({ length: layers }, (_, index) => layers - 1 - index).join(":");
  return [
    `overlay ${at("")} overlay lowerdir=${lower},upperdir=upper,workdir=work,userxattr,volatile`,
    `${escaped(join(tools, "root"))} ${at(".sluice")} none bind,ro,nosuid,nodev`,
    ...(volumes.length === 0 ? [] : [`${escaped(join(folder, "volumes"))} ${at(".sluice/volumes")} none bind`]),
    ...volumes.map(
      ({ source, isReadOnly }, index) =>
        `${escaped(source)} ${at(`.sluice/volumes/${index}`)} none bind${isReadOnly ? ",ro" : ""}`,
    ),
    `proc ${at("proc")} proc nosuid,nodev,noexec`,
    `${escaped(join(tools, "dev"))} ${at("dev")} none bind,ro,nosuid`,
    ...devices.map((name) => `/dev/${name} ${at(`dev/${name}`)} none bind`),
    `devpts ${at("dev/pts")} devpts newinstance,ptmxmode=0666,mode=620,nosuid,noexec`,
    `shm ${at("dev/shm")} tmpfs mode=1777,size=${sharedMegabytes}m,nosuid,nodev`,
    "",
  ].join("\n");
}

/** Returns a path as a field of such a table. */
const escaped = (path: string): string =>
  path.replaceAll(/[\s\\#]/g, (letter) => `\\${letter.charCodeAt(0).toString(8).padStart(3, "0")}`);
