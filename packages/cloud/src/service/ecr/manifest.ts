import { parseJson } from "@sluice/aws-protocol";
import { type Digest, isDigest } from "./digest.ts";

/** What a manifest says of a blob, or of another manifest. */
export interface Descriptor {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  /** On what the image of an index runs, such as `linux` and `arm64`. */
  readonly platform?: Platform | undefined;
}

/** On what an image runs, in Go's words. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

/** A manifest as far as a registry and those who unpack images read it. */
export interface Manifest {
  readonly mediaType: string;
  /** Absent in an index. */
  readonly config?: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** The manifests of an index. */
  readonly manifests: readonly Descriptor[];
  /** The manifest that this one says something about. */
  readonly subject?: Descriptor | undefined;
  readonly artifactType?: string | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** The longest manifest, in bytes: ECR's own limit. */
export const manifestBytesMax = 4 * 1024 * 1024;

/** How many layers, or images, one manifest may name: ECR's own limit of layers. */
const partsMax = 4_200;

const indexTypes = new Set([
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);
const imageTypes = new Set([
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
]);

/** Layers of these types are fetched from elsewhere, and need not be here. */
const isForeign = ({ mediaType }: Descriptor): boolean => /\.(foreign|nondistributable)\./.test(mediaType);

/** Whether a manifest lists images instead of being one. */
export const isIndex = ({ mediaType }: Manifest): boolean => indexTypes.has(mediaType);

/** The blobs that must be in a repository before a manifest is. */
export const blobsOf = ({ config, layers }: Manifest): readonly Digest[] => [
  ...new Set(
    [...(config === undefined ? [] : [config]), ...layers].filter((one) => !isForeign(one)).map((one) => one.digest),
  ),
];

/** Bytes of an image: its config and its layers. */
export const sizeOf = ({ config, layers }: Manifest): number =>
  layers.reduce((sum, { size }) => sum + size, config?.size ?? 0);

/** Reads a manifest; the media type is what its sender says of it, if anything. Throws an Error that says what is wrong. */
export function readManifest(bytes: Uint8Array, said?: string): Manifest {
  if (bytes.length > manifestBytesMax)
    throw new Error(`A manifest may have at most ${manifestBytesMax} bytes, and this one has ${bytes.length}`);
  const found = parsed(bytes);
  if (found["schemaVersion"] !== 2)
    throw new Error(`Its schemaVersion is ${JSON.stringify(found["schemaVersion"])?.slice(0, 40)}, and must be 2`);
  const mediaType = mediaTypeOf(found, said);
  const manifest: Manifest = {
    mediaType,
    config: found["config"] === undefined ? undefined : descriptor(found["config"], "config"),
    layers: descriptors(found["layers"], "layers"),
    manifests: descriptors(found["manifests"], "manifests"),
    subject: found["subject"] === undefined ? undefined : descriptor(found["subject"], "subject"),
    artifactType: typeof found["artifactType"] === "string" ? found["artifactType"] : undefined,
    annotations: textsOf(found["annotations"]),
  };
  if (isIndex(manifest) && (manifest.config !== undefined || manifest.layers.length > 0))
    throw new Error("An index has manifests, and no config and no layers of its own");
  if (!isIndex(manifest) && manifest.config === undefined) throw new Error("An image must have a config");
  return manifest;
}

function parsed(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const found = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (!isObject(found)) throw new Error("It must be a JSON object");
  return found;
}

/** What a manifest is: its own word must not contradict its sender's, and an old one that says nothing tells by what it has. */
function mediaTypeOf(found: Readonly<Record<string, unknown>>, said?: string): string {
  const own = found["mediaType"];
  const sent = said?.split(";", 1)[0]?.trim();
  const isTold = sent !== undefined && (imageTypes.has(sent) || indexTypes.has(sent));
  if (typeof own === "string" && isTold && own !== sent)
    throw new Error(`It is sent as "${sent}", and says itself that it is "${own.slice(0, 100)}"`);
  const guessed = `application/vnd.oci.image.${Array.isArray(found["manifests"]) ? "index" : "manifest"}.v1+json`;
  const type = typeof own === "string" ? own : isTold ? sent : guessed;
  if (!imageTypes.has(type) && !indexTypes.has(type))
    throw new Error(`The media type "${type.slice(0, 100)}" is not supported`);
  return type;
}

function descriptors(found: unknown, member: string): readonly Descriptor[] {
  if (found === undefined || found === null) return [];
  if (!Array.isArray(found)) throw new Error(`"${member}" must be a list`);
  if (found.length > partsMax)
    throw new Error(`"${member}" may have at most ${partsMax} items, and has ${found.length}`);
  return found.map((one) => descriptor(one, member));
}

function descriptor(found: unknown, member: string): Descriptor {
  if (!isObject(found)) throw new Error(`"${member}" must describe its content`);
  const { digest, size, mediaType, platform } = found;
  if (typeof digest !== "string" || !isDigest(digest))
    throw new Error(`A digest in "${member}" must be sha256: and 64 hexadecimal digits`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    throw new Error(`A size in "${member}" must be a whole number of bytes`);
  return { digest, size, mediaType: typeof mediaType === "string" ? mediaType : "", platform: platformOf(platform) };
}

function platformOf(found: unknown): Platform | undefined {
  if (!isObject(found)) return undefined;
  const { os, architecture } = found;
  return typeof os === "string" && typeof architecture === "string" ? { os, architecture } : undefined;
}

function textsOf(found: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(found)) return undefined;
  const texts = Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(texts);
}

const isObject = (found: unknown): found is Readonly<Record<string, unknown>> =>
  typeof found === "object" && found !== null && !Array.isArray(found);
