import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../src/service/ecr/digest.ts";

/** A layer of an image under test: its archive, and how it is compressed. */
export interface TestLayer {
  readonly tar: Buffer;
  readonly compress?: (bytes: Buffer) => Buffer;
}

/** What an image under test says of itself. */
export interface TestImage {
  readonly layers: readonly TestLayer[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
  /** Its name in the layout. */
  readonly name?: string;
}

/** The processor that images for this machine are made for. */
export const ownArchitecture = process.arch === "x64" ? "amd64" : process.arch;

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** Writes images into a folder in OCI's layout. Returns their manifests' digests. With `asIndex` one index lists them all, under the first one's name. */
export function writeLayout(folder: string, images: readonly TestImage[], { asIndex = false } = {}): readonly string[] {
  const blobs = join(folder, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const blob = (content: Buffer | object) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const digest = digestOf(bytes);
    writeFileSync(join(blobs, digest.slice("sha256:".length)), bytes);
    return { digest, size: bytes.length };
  };
  const manifests = images.map(({ layers, config = {}, architecture = ownArchitecture, name }) => {
    const diffIds = layers.map(({ tar }) => digestOf(tar));
    const described = blob({ architecture, os: "linux", config, rootfs: { type: "layers", diff_ids: diffIds } });
    const manifest = blob({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", ...described },
      layers: layers.map(({ tar, compress = (bytes) => bytes }) => ({
        mediaType: "application/vnd.oci.image.layer.v1.tar",
        ...blob(compress(tar)),
      })),
    });
    const annotations = name === undefined ? undefined : { "org.opencontainers.image.ref.name": name };
    return { mediaType: manifestType, ...manifest, platform: { os: "linux", architecture }, annotations };
  });
  const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests };
  const listed = asIndex
    ? { ...index, manifests: [{ mediaType: index.mediaType, ...blob(index), annotations: manifests[0]?.annotations }] }
    : index;
  writeFileSync(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(folder, "index.json"), JSON.stringify(listed));
  return manifests.map(({ digest }) => digest);
}
