import assert from "node:assert/strict";
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import type { TestContext } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../src/service/ecr/digest.ts";
import { readManifest } from "../src/service/ecr/manifest.ts";
import { openLocalCloud } from "./local-cloud.ts";

/** A local cloud with a registry, and clients of both. */
export async function openRegistryGround(t: TestContext, options: Parameters<typeof openLocalCloud>[1] = {}) {
  const cloud = await openLocalCloud(t, options);
  const ecr = new ECRClient(cloud.client);
  t.after(() => ecr.destroy());
  const password = await passwordFor(ecr);
  return { cloud, ecr, registry: registryClient(cloud.url, password) };
}

/** What a client of the registry shows as its Authorization. */
export async function passwordFor(ecr: ECRClient): Promise<string> {
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  return `Basic ${authorizationData?.[0]?.authorizationToken}`;
}

/** Makes a repository. */
export async function newRepository(ecr: ECRClient, repositoryName: string): Promise<void> {
  await ecr.send(new CreateRepositoryCommand({ repositoryName }));
}

/** What a registry answers. */
export interface RegistryResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** The code of its first error. */
  readonly code: string | undefined;
}

type Content = Uint8Array | string;

/** Speaks to a registry, byte for byte as its protocol has it. */
export function registryClient(url: string, authorization: string | undefined) {
  const send = async (
    method: string,
    path: string,
    { body, headers = {} }: { body?: Content; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<RegistryResponse> => {
    const login = authorization === undefined ? {} : { authorization };
    const init = {
      method,
      headers: { ...login, ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    };
    const response = await fetch(new URL(path, url), init);
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, body: bytes, code: codeIn(response, bytes) };
  };
  const begin = async (name: string) => {
    const { status, headers } = await send("POST", `/v2/${name}/blobs/uploads/`);
    assert.equal(status, 202);
    return headers.get("location") ?? "";
  };
  return {
    send,
    /** Begins an upload; gives its path. */
    begin,
    /** Pushes a blob in one request; gives its descriptor. */
    async blob(name: string, content: Content, mediaType = "application/vnd.oci.image.layer.v1.tar") {
      const digest = digestOf(content);
      const { status } = await send("POST", `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: content });
      assert.equal(status, 201);
      return { mediaType, digest, size: Buffer.byteLength(content) };
    },
    /** Pushes an image of these layers; gives its digest. */
    async image(name: string, tag: string, layers: readonly Content[], more: Readonly<Record<string, unknown>> = {}) {
      const parts: object[] = [];
      for (const layer of layers) parts.push(await this.blob(name, layer));
      const config = await this.blob(
        name,
        JSON.stringify({ os: "linux", made: tag }),
        "application/vnd.oci.image.config.v1+json",
      );
      const manifest = { schemaVersion: 2, mediaType: imageType, config, layers: parts, ...more };
      return this.manifest(name, tag, manifest);
    },
    /** Pushes a manifest; gives its digest. */
    async manifest(name: string, reference: string, manifest: { readonly mediaType: string }) {
      const body = JSON.stringify(manifest);
      const headers = { "content-type": manifest.mediaType };
      const response = await send("PUT", `/v2/${name}/manifests/${reference || digestOf(body)}`, { body, headers });
      assert.equal(response.status, 201, response.body.toString());
      return response.headers.get("docker-content-digest") ?? "";
    },
  };
}

/** A client of a registry. */
export type RegistryClient = ReturnType<typeof registryClient>;

/** Pushes the only image of a folder in OCI's layout, as it is. */
export async function pushLayout(
  registry: RegistryClient,
  folder: string,
  { name, tag }: { readonly name: string; readonly tag: string },
): Promise<void> {
  const blob = (digest: string) => readFileSync(join(folder, "blobs/sha256", digest.slice("sha256:".length)));
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as { manifests: { digest: string }[] }; // written by a test
  const bytes = blob(index.manifests[0]?.digest ?? "");
  const { config, layers } = readManifest(bytes);
  for (const part of config === undefined ? layers : [config, ...layers]) await registry.blob(name, blob(part.digest));
  const headers = { "content-type": imageType };
  const { status } = await registry.send("PUT", `/v2/${name}/manifests/${tag}`, { body: bytes, headers });
  assert.equal(status, 201);
}

/** The media types of an image and of an index. */
export const imageType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";

function codeIn({ headers, ok }: Response, bytes: Buffer): string | undefined {
  if (ok || headers.get("content-type") !== "application/json" || bytes.length === 0) return undefined;
  const { errors } = JSON.parse(bytes.toString("utf8")) as { readonly errors?: readonly { readonly code: string }[] }; // the protocol's errors
  return errors?.[0]?.code;
}
