import type { ServiceRequest, ServiceResponse } from "@sluice/aws-protocol";
import type { EcrContext } from "../context.ts";
import type { Repository } from "../repository.ts";
import { type Digest, isDigest, isTag } from "../digest.ts";
import { bodyOf, deleteImage, findImage, type ImageRow, indexesOf, putManifest, referrersOf } from "../image-rows.ts";
import { manifestBytesMax, readManifest } from "../manifest.ts";
import { checkedDigest } from "./blob-routes.ts";
import type { Admitted } from "./context.ts";
import { apiVersion, registryFault } from "./registry-fault.ts";

/** How exactly a pull is written down, in milliseconds: a write for each would cost pulls more than anybody wants to know. */
const pulledMilliseconds = 60_000;

const identifier = (reference: string) => (isDigest(reference) ? { imageDigest: reference } : { imageTag: reference });

/** HEAD and GET of a manifest, by its tag or its digest. */
export function getManifest(
  context: EcrContext,
  { request, repository }: Admitted,
  reference: string,
): ServiceResponse {
  const row = manifestOf(context, repository, reference);
  const now = context.clock();
  if (request.method === "GET" && (row.pulled_at ?? 0) <= now - pulledMilliseconds)
    context.db.run(
      "UPDATE image_manifests SET pulled_at = ? WHERE repository = ? AND digest = ?",
      ...[now, repository.name, row.digest],
    );
  const headers = {
    ...apiVersion,
    "content-type": row.media_type,
    "content-length": row.body_bytes,
    "docker-content-digest": row.digest,
    etag: `"${row.digest}"`,
  };
  return { status: 200, headers, body: request.method === "HEAD" ? "" : bodyOf(context, row) };
}

/** PUT of a manifest, with a tag or by its digest. */
export async function takeManifest(
  context: EcrContext,
  { request, repository }: Admitted,
  reference: string,
): Promise<ServiceResponse> {
  const byDigest = reference.includes(":");
  if (byDigest) checkedDigest(reference);
  else if (!isTag(reference))
    throw registryFault(
      "TAG_INVALID",
      `'${reference.slice(0, 130)}' cannot be a tag: letters, digits and _ . - are allowed, 128 of them`,
    );
  const body = await request.body.bytes(manifestBytesMax);
  const { digest, manifest } = putManifest(context, repository, {
    body,
    mediaType: request.headers["content-type"],
    ...(byDigest ? { digest: reference } : { tag: reference }),
  });
  const subject = manifest.subject === undefined ? {} : { "oci-subject": manifest.subject.digest };
  return {
    status: 201,
    headers: {
      ...apiVersion,
      location: `/v2/${repository.name}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...subject,
    },
  };
}

/** DELETE of a manifest by its digest, or of a tag alone. */
export function removeManifest(context: EcrContext, { repository }: Admitted, reference: string): ServiceResponse {
  const row = manifestOf(context, repository, reference);
  if (!isDigest(reference))
    context.db.run("DELETE FROM image_tags WHERE repository = ? AND tag = ?", repository.name, reference);
  else {
    const [index] = indexesOf(context, row);
    if (index !== undefined) throw registryFault("DENIED", `The image is listed by the index ${index}`, 409);
    deleteImage(context, row);
  }
  return { status: 202, headers: apiVersion };
}

function manifestOf(context: EcrContext, { name }: Repository, reference: string): ImageRow {
  const row = findImage(context, name, identifier(reference));
  if (row === undefined)
    throw registryFault("MANIFEST_UNKNOWN", `The repository '${name}' has no image '${reference.slice(0, 130)}'`);
  return row;
}

/** Tags on one page unless fewer are wanted. */
const tagsMax = 1_000;

/** GET of a repository's tags, a page at a time. */
export function listTags({ db }: EcrContext, { request, repository }: Admitted): ServiceResponse {
  const { n, last } = paging(request);
  const rows = db.all<{ tag: string }>(
    "SELECT tag FROM image_tags WHERE repository = ? AND tag > ? ORDER BY tag LIMIT ?",
    ...[repository.name, last, n + 1],
  );
  const tags = rows.slice(0, n).map(({ tag }) => tag);
  const next = `/v2/${repository.name}/tags/list?n=${n}&last=${encodeURIComponent(tags.at(-1) ?? "")}`;
  const link = rows.length > n && n > 0 ? { link: `<${next}>; rel="next"` } : {};
  return json({ name: repository.name, tags }, link);
}

function paging({ query }: ServiceRequest): { readonly n: number; readonly last: string } {
  const wanted = query.get("n");
  const n = wanted === null || !/^\d{1,9}$/.test(wanted) ? tagsMax : Math.min(Number(wanted), tagsMax);
  return { n, last: query.get("last") ?? "" };
}

/** Referrers on one page, and bytes of their manifests that are read for it. */
const referrersMax = 100;
const referrerBytesMax = 8 * 1024 * 1024;

/** GET of what other manifests say about one, a page at a time. */
export function listReferrers(
  context: EcrContext,
  { request, repository }: Admitted,
  reference: string,
): ServiceResponse {
  const subject = checkedDigest(reference);
  const { name } = repository;
  const after = request.query.get("last") ?? "";
  const rows = referrersOf(context, { repository: name, subject, after, countMax: referrersMax + 1 });
  let bytes = 0;
  const page = rows
    .slice(0, referrersMax)
    .filter(({ body_bytes }, at) => (bytes += body_bytes) <= referrerBytesMax || at === 0);
  const wanted = request.query.get("artifactType");
  const manifests = page
    .filter((row) => wanted === null || row.artifact_type === wanted)
    .map((row) => described(context, row));
  const filters = wanted === null ? {} : { "oci-filters-applied": "artifactType" };
  const only = wanted === null ? "" : `&artifactType=${encodeURIComponent(wanted)}`;
  const next = `/v2/${name}/referrers/${subject}?last=${encodeURIComponent(page.at(-1)?.digest ?? "")}${only}`;
  const link = page.length < rows.length ? { link: `<${next}>; rel="next"` } : {};
  const type = "application/vnd.oci.image.index.v1+json";
  return json({ schemaVersion: 2, mediaType: type, manifests }, { "content-type": type, ...filters, ...link });
}

function described(
  context: EcrContext,
  row: ImageRow,
): { readonly digest: Digest; readonly [member: string]: unknown } {
  const { digest, media_type: mediaType, body_bytes: size, artifact_type } = row;
  const { annotations } = readManifest(bodyOf(context, row));
  return { mediaType, digest, size, artifactType: artifact_type ?? undefined, annotations };
}

const json = (found: object, headers: Readonly<Record<string, string>>): ServiceResponse => ({
  status: 200,
  headers: { "content-type": "application/json", ...apiVersion, ...headers },
  body: JSON.stringify(found),
});
