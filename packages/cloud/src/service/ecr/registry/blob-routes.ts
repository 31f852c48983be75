import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Fault, type ServiceRequest, type ServiceResponse } from "@sluice/aws-protocol";
import type { Repository } from "../repository.ts";
import { type Digest, isDigest } from "../digest.ts";
import { admit, type Admitted, type RegistryContext } from "./context.ts";
import { apiVersion, registryFault } from "./registry-fault.ts";
import type { UploadSession } from "./uploads.ts";

/** HEAD and GET of a blob, whole or a span of it. */
export async function getBlob(
  { store, blobs }: RegistryContext,
  { request, repository }: Admitted,
  reference: string,
): Promise<ServiceResponse> {
  const digest = checkedDigest(reference);
  const size = blobs.sizeOf(repository.name, digest);
  if (size === undefined)
    throw registryFault("BLOB_UNKNOWN", `The repository '${repository.name}' has no blob ${digest}`);
  const headers = {
    ...apiVersion,
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    etag: `"${digest}"`,
    "accept-ranges": "bytes",
  };
  const span = spanOf(request.headers.range, size);
  if (span === "unsatisfiable") return { status: 416, headers: { ...headers, "content-range": `bytes */${size}` } };
  const { start, end } = span ?? { start: 0, end: size - 1 };
  const length = { "content-length": end - start + 1 };
  if (request.method === "HEAD" || size === 0) {
    blobs.tell(repository.name, digest);
    return { status: 200, headers: { ...headers, ...length } };
  }
  const body = streamOf(await store.open(digest), { start, end });
  if (span === undefined) return { status: 200, headers: { ...headers, ...length }, body };
  return { status: 206, headers: { ...headers, ...length, "content-range": `bytes ${start}-${end}/${size}` }, body };
}

/** Bytes that are read from the disk at a time. */
const readAtOnce = 256 * 1024;

function streamOf(file: FileHandle, { start, end }: { start: number; end: number }): Readable {
  return file.createReadStream({ start, end, highWaterMark: readAtOnce }); // closes the file at its end
}

/** POST of an upload: begins one, takes a whole blob, or takes one that another repository has. */
export async function beginUpload(
  context: RegistryContext,
  { request, repository }: Admitted,
): Promise<ServiceResponse> {
  const { query, call } = request;
  const mounted = query.get("mount");
  if (mounted !== null && (await mount(context, { call, repository }, { digest: mounted, from: query.get("from") })))
    return created(repository, checkedDigest(mounted));
  const digest = query.get("digest");
  const wanted = digest === null ? undefined : checkedDigest(digest);
  const session = await context.uploads.begin(repository.name);
  if (wanted === undefined) return accepted(session);
  return context.uploads.using(session, async () => {
    try {
      await receive(context, session, request);
      return await complete(context, session, { repository, digest: wanted });
    } finally {
      context.uploads.end(session);
    }
  });
}

/** Gives a repository a blob of another one that the caller may read; false when there is none, and the caller sends it. */
async function mount(
  context: RegistryContext,
  { call, repository }: Pick<ServiceRequest, "call"> & { readonly repository: Repository },
  { digest, from }: { readonly digest: string; readonly from: string | null },
): Promise<boolean> {
  if (from === null || !isDigest(digest)) return false;
  try {
    const source = await admit(context, { call, operation: "GetDownloadUrlForLayer", name: from });
    const size = context.blobs.sizeOf(source.name, digest);
    if (size === undefined) return false;
    context.blobs.add(repository.name, digest, size);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false; // what the caller may not see is as good as not there
    throw error;
  }
}

/** PATCH of an upload: takes a chunk, or all that a client sends in one stream. */
export async function appendToUpload(
  context: RegistryContext,
  { request, repository }: Admitted,
  id: string,
): Promise<ServiceResponse> {
  const session = context.uploads.find(repository.name, id);
  return context.uploads.using(session, async () => {
    if (!isNext(request.headers["content-range"], session.upload.size))
      return { ...accepted(session), status: 416, fault: "BLOB_UPLOAD_INVALID" };
    await receive(context, session, request);
    return accepted(session);
  });
}

/** PUT of an upload: takes what is left and makes it a blob, if its digest is the one that was named. */
export async function finishUpload(
  context: RegistryContext,
  { request, repository }: Admitted,
  id: string,
): Promise<ServiceResponse> {
  const digest = checkedDigest(request.query.get("digest") ?? "");
  const session = context.uploads.find(repository.name, id);
  return context.uploads.using(session, async () => {
    if (!isNext(request.headers["content-range"], session.upload.size))
      return { ...accepted(session), status: 416, fault: "BLOB_UPLOAD_INVALID" };
    await receive(context, session, request);
    try {
      return await complete(context, session, { repository, digest });
    } finally {
      context.uploads.end(session);
    }
  });
}

/** GET of an upload: how much of it is there. */
export const describeUpload = (
  { uploads }: RegistryContext,
  { repository }: Admitted,
  id: string,
): ServiceResponse => ({
  ...accepted(uploads.find(repository.name, id)),
  status: 204,
});

/** DELETE of an upload. */
export async function cancelUpload(
  { uploads }: RegistryContext,
  { repository }: Admitted,
  id: string,
): Promise<ServiceResponse> {
  const session = uploads.find(repository.name, id);
  return uploads.using(session, async () => {
    uploads.end(session);
    return { status: 204, headers: apiVersion };
  });
}

/** Takes what a request brings. What has come stays when its client goes away, who may go on from there; when it cannot be written, it makes room. */
async function receive({ uploads }: RegistryContext, session: UploadSession, { body }: ServiceRequest): Promise<void> {
  try {
    await session.upload.append(body.stream());
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === "ECONNRESET";
    if (isGone) throw registryFault("BLOB_UPLOAD_INVALID", "The connection ended before the request did");
    if (!(error instanceof Fault) || error.code === "SIZE_INVALID") uploads.end(session);
    throw error;
  }
}

async function complete(
  context: RegistryContext,
  { upload }: UploadSession,
  { repository, digest }: { readonly repository: Repository; readonly digest: Digest },
): Promise<ServiceResponse> {
  const found = upload.digest();
  if (found !== digest)
    throw registryFault("DIGEST_INVALID", `The blob was to be ${digest}, and what has come is ${found}`);
  const { size } = upload;
  await context.store.keep(upload, digest, () => {
    // It may have been deleted while the blob came in.
    if (context.repositories.find(repository.name) === undefined)
      throw registryFault("NAME_UNKNOWN", `The repository '${repository.name}' does not exist any more`);
    context.blobs.add(repository.name, digest, size);
  });
  return created(repository, digest);
}

const created = ({ name }: Repository, digest: Digest): ServiceResponse => ({
  status: 201,
  headers: { ...apiVersion, location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest },
});

const accepted = ({ id, repository, upload }: UploadSession): ServiceResponse => ({
  status: 202,
  headers: {
    ...apiVersion,
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(0, upload.size - 1)}`,
    "docker-upload-uuid": id,
  },
});

/** Whether a chunk goes on where the upload ends. Who does not say where it belongs sends all in one. */
function isNext(contentRange: string | undefined, size: number): boolean {
  if (contentRange === undefined) return true;
  const [, start] = /^(?:bytes )?(\d{1,15})-(\d{1,15})(?:\/.{0,20})?$/.exec(contentRange) ?? [];
  return start !== undefined && Number(start) === size;
}

/** One span of bytes, both ends included; undefined where the whole is wanted. */
function spanOf(range: string | undefined, size: number): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? "unsatisfiable" : { start, end };
}

/** The digest that a request names; a Fault when it is none that is known here. */
export function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw registryFault(
    "DIGEST_INVALID",
    `A digest is sha256: and 64 hexadecimal digits, and '${text.slice(0, 100)}' is none`,
  );
}
