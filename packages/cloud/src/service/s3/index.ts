import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { defineService, Fault, type Service, serviceModel } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import { s3Accesses } from "./accesses.ts";
import { type AskedObject, type GrantedObject, isGranted } from "./granted-objects.ts";
import { Blobs } from "./blobs.ts";
import { bucketOperations } from "./buckets.ts";
import type { S3Context } from "./context.ts";
import { listOperations } from "./lists.ts";
import { findVersion } from "./object-rows.ts";
import { objectOperations } from "./objects.ts";
import { uploadOperations } from "./uploads.ts";

export type { GrantedObject } from "./granted-objects.ts";
export { watchLeftUploads } from "./left-uploads.ts";
export { s3Tables } from "./tables.ts";

export interface S3Options {
  readonly blobs: Blobs;
  readonly db: CloudDatabase;
  readonly region: string;
  readonly accountId: string;
  readonly clock: () => number;
  /** The objects that a host may read: only what its deployments need. */
  readonly objectsFor: (host: string) => readonly GrantedObject[];
  readonly onDefect: (error: unknown, requestId: string) => void;
}

/** An object, as a revision names it. */
export interface NamedObject {
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  /** Absent: the latest one. */
  readonly version?: string | undefined;
}

/** Opens the bytes of all objects of a data folder. All readers and writers must share one. */
export const openBlobs = (dataFolder: string): Blobs => new Blobs(join(dataFolder, "cloud", "s3"));

/** Returns a reader of whole objects, for services that take their input from a bucket. It throws a Fault when there is none. */
export function objectReader({ blobs, ...common }: Pick<S3Options, "blobs" | "db" | "region" | "accountId" | "clock">) {
  return async ({ bucket, key, version }: { bucket: string; key: string; version: string | undefined }) => {
    const { blob } = findVersion({ ...common, blobs }, { Bucket: bucket, Key: key, VersionId: version });
    return blob === null ? Buffer.alloc(0) : buffer(blobs.read(blob));
  };
}

/** Returns the SHA-256 of an object's bytes, in hex, or undefined when there is no such object. */
export function objectSha256({ blobs, ...common }: Pick<S3Options, "blobs" | "db" | "region" | "accountId" | "clock">) {
  return async ({ bucket, key, version }: NamedObject): Promise<string | undefined> => {
    try {
      const { blob } = findVersion({ ...common, blobs }, { Bucket: bucket, Key: key, VersionId: version });
      return blob === null ? undefined : await blobs.sha256(blob);
    } catch (error) {
      if (error instanceof Fault) return undefined;
      throw error;
    }
  };
}

/** Opens S3. */
export function s3Service({ blobs, db, region, accountId, clock, objectsFor, onDefect }: S3Options): Service {
  blobs.sweep(
    (id) =>
      db.get("SELECT 1 FROM objects WHERE blob = ?1 UNION ALL SELECT 1 FROM parts WHERE blob = ?1", id) !== undefined,
  );
  const context: S3Context = { db, blobs, region, accountId, clock };
  const service = defineService({
    name: "s3",
    model: serviceModel("s3"),
    signingNames: ["s3"],
    operations: { ...bucketOperations, ...objectOperations, ...listOperations, ...uploadOperations },
    context,
    accesses: s3Accesses,
    bodyBytesMax: documentBytesMax,
    hosts: ({ host }, operation, input) =>
      (operation === "GetObject" || operation === "HeadObject") &&
      isGranted(context, objectsFor(host), input as AskedObject), // decoded by the service's table
    onDefect,
  });
  return {
    ...service,
    async serve(request) {
      const foreign = subresources.find((name) => request.query.has(name));
      if (foreign === undefined) return service.serve(request);
      return service.refuse(
        new Fault("NotImplemented", `The subresource "${foreign}" is not served here`, { status: 501 }),
        { requestId: request.call.requestId, headers: request.headers, path: request.path },
      );
    },
  };
}

/** Longest XML document that is read, in bytes: one that completes an upload of 10,000 parts has about two megabytes. */
const documentBytesMax = 4 * 1024 * 1024;

/** S3's subresources besides objects. Without this list a request for an object's ACL would be taken for one for the object itself. */
const subresources = [
  "accelerate",
  "acl",
  "analytics",
  "attributes",
  "cors",
  "encryption",
  "intelligent-tiering",
  "inventory",
  "legal-hold",
  "lifecycle",
  "logging",
  "metrics",
  "notification",
  "object-lock",
  "ownershipControls",
  "policy",
  "policyStatus",
  "publicAccessBlock",
  "replication",
  "requestPayment",
  "restore",
  "retention",
  "select",
  "tagging",
  "torrent",
  "website",
];
