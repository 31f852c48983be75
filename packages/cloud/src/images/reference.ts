import { isDigest, isTag } from "../service/ecr/index.ts";

/** What an image's name leads to. */
export type Reference = RegistryReference | FileReference;

/** An image of a registry. */
export interface RegistryReference {
  readonly kind: "registry";
  /** Host, and port if any; absent where the name has none, which to Docker means Docker Hub. */
  readonly host?: string | undefined;
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
}

/** An image that lies in this machine's files: a folder that is a root file system, or an image in OCI's layout, as a folder or as a tar archive. */
export interface FileReference {
  readonly kind: "file";
  readonly path: string;
  /** Which image of a layout, by its name there. */
  readonly tag?: string | undefined;
}

/** The longest reference, in characters: what ECS takes as a container's image. */
const referenceLengthMax = 255;

/**
 * Whether a reference names files of the machine that the server runs on. It reads them with the server's rights, so that
 * nobody but an administrator may register such a one.
 */
export const isLocalReference = (text: string): boolean => text.startsWith("file:");

/** Reads a reference: `HOST[:PORT]/NAME[:TAG][@DIGEST]`, or `file:PATH[#NAME]`. Undefined when it is none. */
export function readReference(text: string): Reference | undefined {
  if (text.length > referenceLengthMax) return undefined;
  return isLocalReference(text) ? readFile(text.slice("file:".length)) : readRegistry(text);
}

function readFile(text: string): FileReference | undefined {
  const [named = "", tag] = text.split("#", 2);
  const path = named.startsWith("///") ? named.slice("//".length) : named;
  return path.startsWith("/") && !path.startsWith("//") && !path.includes("\0")
    ? { kind: "file", path, tag }
    : undefined;
}

function readRegistry(text: string): RegistryReference | undefined {
  const [named = "", digest, ...more] = text.split("@");
  if (more.length > 0 || (digest !== undefined && !isDigest(digest))) return undefined;
  const slash = named.indexOf("/");
  const first = slash < 0 ? "" : named.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === "localhost";
  const host = isHost ? first : undefined;
  const [repository = "", tag, ...rest] = (isHost ? named.slice(slash + 1) : named).split(":");
  if (rest.length > 0 || (tag !== undefined && !isTag(tag))) return undefined;
  if (!repository.split("/").every((part) => /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(part))) return undefined;
  return { kind: "registry", host, repository, tag, digest };
}
