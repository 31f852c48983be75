import { parseJson } from "@sluice/aws-protocol";
import { type Digest, isDigest } from "../service/ecr/index.ts";
import type { ImageConfig } from "./resolved-image.ts";

/** An image's config as far as containers need it. */
export interface ReadConfig {
  readonly os: string;
  readonly architecture: string;
  /** The digests of the layers' archives before they were compressed, the lowest first. */
  readonly diffIds: readonly Digest[];
  readonly config: ImageConfig;
}

/** The longest config that is read, in bytes. */
export const configBytesMax = 4 * 1024 * 1024;

/** Reads an image's config (OCI image specification, "Image Configuration"; Docker's has the same members). Throws an Error that says what is wrong. */
export function readConfig(bytes: Uint8Array): ReadConfig {
  const found = recordOf(parseJson(Buffer.from(bytes).toString("utf8")), "the config");
  const { os, architecture } = found;
  if (typeof os !== "string" || typeof architecture !== "string")
    throw new Error("its config does not say what system it is for");
  const said = recordOf(found["config"] ?? {}, '"config"');
  const workingDirectory = textOf(said["WorkingDir"]);
  return {
    os,
    architecture,
    diffIds: diffIdsOf(found["rootfs"]),
    config: {
      entrypoint: wordsOf(said["Entrypoint"], "Entrypoint"),
      cmd: wordsOf(said["Cmd"], "Cmd"),
      env: environmentOf(said["Env"]),
      workingDirectory,
      user: textOf(said["User"]),
      exposedPorts: portsOf(said["ExposedPorts"]),
      stopSignal: textOf(said["StopSignal"]),
    },
  };
}

function diffIdsOf(rootfs: unknown): readonly Digest[] {
  const ids = recordOf(rootfs, '"rootfs"')["diff_ids"];
  if (!Array.isArray(ids) || !ids.every((id): id is Digest => typeof id === "string" && isDigest(id)))
    throw new Error('"rootfs" must list the digests of the layers');
  return ids;
}

function wordsOf(found: unknown, member: string): readonly string[] | undefined {
  if (found === undefined || found === null) return undefined;
  if (!Array.isArray(found) || !found.every((word) => typeof word === "string"))
    throw new Error(`"${member}" must be a list of words`);
  return found.length === 0 ? undefined : found;
}

function environmentOf(found: unknown): Readonly<Record<string, string>> | undefined {
  const lines = wordsOf(found, "Env");
  if (lines === undefined) return undefined;
  const pairs = lines.map((line) => {
    const equals = line.indexOf("=");
    return equals < 0 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
  });
  return Object.fromEntries(pairs.filter(([name]) => name !== "")) as Record<string, string>; // pairs of texts
}

/** `80/tcp`, `53/udp` or `80`. */
function portsOf(found: unknown): readonly number[] {
  if (found === undefined || found === null) return [];
  const names = Object.keys(recordOf(found, '"ExposedPorts"'));
  const ports = names.map((name) => Number(/^(\d{1,5})(?:\/\w+)?$/.exec(name)?.[1]));
  return [...new Set(ports.filter((port) => port > 0 && port < 65_536))].toSorted((a, b) => a - b);
}

const textOf = (found: unknown): string | undefined => (typeof found === "string" && found !== "" ? found : undefined);

function recordOf(found: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof found !== "object" || found === null || Array.isArray(found)) throw new Error(`${what} must be an object`);
  return found as Readonly<Record<string, unknown>>; // an object's members
}
