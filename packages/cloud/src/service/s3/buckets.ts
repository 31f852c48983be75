import { Fault } from "@sluice/aws-protocol";
import { bucketOf, type BucketRow, type S3Operations } from "./context.ts";

/** S3's rules for the names of new buckets. */
const bucketName = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Operations on buckets. */
export const bucketOperations: S3Operations = {
  CreateBucket({ db, clock, region }, { Bucket = "" }) {
    if (!bucketName.test(Bucket))
      throw new Fault("InvalidBucketName", `The specified bucket is not valid: "${Bucket.slice(0, 80)}"`, {
        status: 400,
      });
    const added = db.run("INSERT INTO buckets VALUES (?, ?, NULL) ON CONFLICT DO NOTHING", Bucket, clock());
    // As in AWS's oldest region, creating one's own bucket again succeeds.
    if (added === 0 && region !== "us-east-1")
      throw new Fault(
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        { status: 409 },
      );
    return { Location: `/${Bucket}` };
  },

  DeleteBucket(context, { Bucket }) {
    const { name } = bucketOf(context, Bucket);
    if (context.db.get("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", name) !== undefined)
      throw new Fault("BucketNotEmpty", "The bucket you tried to delete is not empty", { status: 409 });
    context.db.run("DELETE FROM uploads WHERE bucket = ?", name);
    context.db.run("DELETE FROM buckets WHERE name = ?", name);
  },

  HeadBucket(context, { Bucket }) {
    bucketOf(context, Bucket);
    return { BucketRegion: context.region };
  },

  ListBuckets({ db, accountId }, { Prefix = "" }) {
    const rows = db.all<BucketRow>("SELECT * FROM buckets ORDER BY name").filter(({ name }) => name.startsWith(Prefix));
    return {
      Owner: { ID: accountId },
      Buckets: rows.map((row) => ({ Name: row.name, CreationDate: new Date(row.created_at) })),
    };
  },

  GetBucketLocation(context, { Bucket }) {
    bucketOf(context, Bucket);
    // An empty constraint stands for the oldest region. The SDK's type lists the regions of its day.
    return context.region === "us-east-1" ? {} : { LocationConstraint: context.region as "eu-west-1" };
  },

  GetBucketVersioning(context, { Bucket }) {
    const { versioning } = bucketOf(context, Bucket);
    return versioning === null ? {} : { Status: versioning };
  },

  PutBucketVersioning(context, { Bucket, VersioningConfiguration }) {
    const { name } = bucketOf(context, Bucket);
    const status = VersioningConfiguration?.Status;
    if (status !== "Enabled" && status !== "Suspended")
      throw new Fault("MalformedXML", "The versioning configuration's Status must be Enabled or Suspended", {
        status: 400,
      });
    context.db.run("UPDATE buckets SET versioning = ? WHERE name = ?", status, name);
  },
};
