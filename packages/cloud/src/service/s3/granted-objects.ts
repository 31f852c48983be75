import { Fault } from "@sluice/aws-protocol";
import type { S3Context } from "./context.ts";
import type { ObjectRow } from "./object-rows.ts";

/** An object that a host may read because a deployment brings it: this version alone, as named by a caller who may read it. */
export interface GrantedObject {
  readonly bucket: string;
  readonly key: string;
  /** Absent: the latest one alone. */
  readonly version?: string | undefined;
  /** Absent: whatever is there. */
  readonly eTag?: string | undefined;
}

/** The members by which a request names an object. */
export interface AskedObject {
  readonly Bucket?: string | undefined;
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}

/** Whether one of these grants covers a host's request. Throws a Fault when the object has been replaced since. */
export function isGranted(
  { db }: Pick<S3Context, "db">,
  granted: readonly GrantedObject[],
  { Bucket = "", Key = "", VersionId }: AskedObject,
): boolean {
  const fitting = granted.filter(
    ({ bucket, key, version }) => bucket === Bucket && key === Key && version === VersionId,
  );
  const eTags = fitting.map(({ eTag }) => eTag?.replaceAll('"', ""));
  if (fitting.length === 0 || eTags.includes(undefined)) return fitting.length > 0;
  const row = db.get<Pick<ObjectRow, "etag">>(
    "SELECT etag FROM objects WHERE bucket = ?1 AND key = ?2 AND (version_id = ?3 OR ?3 IS NULL AND is_latest = 1)",
    Bucket,
    Key,
    VersionId ?? null,
  );
  if (row === undefined || eTags.includes(row.etag)) return true; // an object that does not exist is refused as such
  throw new Fault(
    "PreconditionFailed",
    `The deployment is of the object with the ETag "${eTags.join('" or "')}", and this one has been written since: its ETag is "${row.etag}"`,
    { status: 412 },
  );
}
