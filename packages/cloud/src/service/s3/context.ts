import type * as S3 from "@aws-sdk/client-s3";
import { Fault, type Operations } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../store/database.ts";
import type { Blobs } from "./blobs.ts";

export interface S3Context {
  readonly db: CloudDatabase;
  readonly blobs: Blobs;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
}

/** Some of S3's operations. */
export type S3Operations = Partial<Operations<typeof S3, S3Context>>;

/** A bucket's row. */
export interface BucketRow {
  readonly name: string;
  readonly created_at: number;
  readonly versioning: "Enabled" | "Suspended" | null;
}

/** Returns the bucket of a name; throws a Fault when there is none. */
export function bucketOf({ db }: S3Context, name: string | undefined): BucketRow {
  const row = db.get<BucketRow>("SELECT * FROM buckets WHERE name = ?", name ?? "");
  if (row === undefined) throw new Fault("NoSuchBucket", "The specified bucket does not exist", { status: 404 });
  return row;
}

/** Returns an entity tag as S3 writes it. */
export const quoted = (etag: string): string => `"${etag}"`;
