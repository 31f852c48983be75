import { Fault } from "@sluice/aws-protocol";
import { bucketOf, quoted, type S3Context, type S3Operations } from "./context.ts";
import type { ObjectRow } from "./object-rows.ts";

/** Keys on a page: S3's own limit. */
const keysMax = 1000;

/** Returns what follows every key that begins with a prefix, in the order of keys. */
const afterPrefix = (prefix: string): string => `${prefix}\u{10FFFF}`;

/** Operations that list objects. */
export const listOperations: S3Operations = {
  ListObjectsV2(context, input) {
    const {
      Bucket,
      Prefix = "",
      Delimiter = "",
      EncodingType,
      ContinuationToken,
      StartAfter = "",
      MaxKeys = keysMax,
    } = input;
    const after =
      ContinuationToken === undefined ? StartAfter : Buffer.from(ContinuationToken, "base64url").toString("utf8");
    const page = listPage(context, {
      bucket: bucketOf(context, Bucket).name,
      prefix: Prefix,
      delimiter: Delimiter,
      after,
      most: pageSize(MaxKeys),
    });
    const encode = encoder(EncodingType);
    return {
      Name: Bucket,
      Prefix: encode(Prefix),
      Delimiter: Delimiter === "" ? undefined : encode(Delimiter),
      MaxKeys,
      EncodingType,
      KeyCount: page.rows.length + page.prefixes.length,
      IsTruncated: page.next !== undefined,
      ContinuationToken,
      StartAfter: StartAfter === "" ? undefined : encode(StartAfter),
      NextContinuationToken: page.next === undefined ? undefined : Buffer.from(page.next).toString("base64url"),
      Contents: page.rows.map((row) => describe(row, encode)),
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    };
  },

  ListObjects(context, input) {
    const { Bucket, Prefix = "", Delimiter = "", EncodingType, Marker = "", MaxKeys = keysMax } = input;
    const page = listPage(context, {
      bucket: bucketOf(context, Bucket).name,
      prefix: Prefix,
      delimiter: Delimiter,
      after: Marker,
      most: pageSize(MaxKeys),
    });
    const encode = encoder(EncodingType);
    return {
      Name: Bucket,
      Prefix: encode(Prefix),
      Marker: encode(Marker),
      Delimiter: Delimiter === "" ? undefined : encode(Delimiter),
      MaxKeys,
      EncodingType,
      IsTruncated: page.next !== undefined,
      NextMarker: page.next === undefined ? undefined : encode(page.next),
      Contents: page.rows.map((row) => describe(row, encode)),
      CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    };
  },

  ListObjectVersions(context, input) {
    const { Bucket, Prefix = "", EncodingType, KeyMarker = "", VersionIdMarker, MaxKeys = keysMax } = input;
    if (input.Delimiter)
      throw new Fault("NotImplemented", "Versions are listed without a delimiter here", { status: 501 });
    const { name } = bucketOf(context, Bucket);
    const most = pageSize(MaxKeys);
    // Within a key the newest version comes first; a marker names the last one that was listed.
    const marker = context.db.get<{ sequence: number }>(
      "SELECT sequence FROM objects WHERE bucket = ? AND key = ? AND version_id = ?",
      name,
      KeyMarker,
      VersionIdMarker ?? "",
    );
    const found = context.db.all<ObjectRow>(
      "SELECT * FROM objects WHERE bucket = ? AND key >= ? AND key < ? AND (key > ? OR (key = ? AND sequence < ?)) ORDER BY key, sequence DESC LIMIT ?",
      name,
      Prefix,
      afterPrefix(Prefix),
      KeyMarker,
      KeyMarker,
      marker?.sequence ?? 0,
      most + 1,
    );
    const rows = found.slice(0, most);
    const last = rows.at(-1);
    const isTruncated = last !== undefined && found.length > most;
    const encode = encoder(EncodingType);
    const tell = (row: ObjectRow) => ({
      ...describe(row, encode),
      VersionId: row.version_id,
      IsLatest: row.is_latest === 1,
    });
    return {
      Name: Bucket,
      Prefix: encode(Prefix),
      KeyMarker: encode(KeyMarker),
      VersionIdMarker,
      MaxKeys,
      EncodingType,
      IsTruncated: isTruncated,
      NextKeyMarker: isTruncated ? encode(last.key) : undefined,
      NextVersionIdMarker: isTruncated ? last.version_id : undefined,
      Versions: rows.filter((row) => row.is_delete_marker === 0).map(tell),
      DeleteMarkers: rows
        .filter((row) => row.is_delete_marker === 1)
        .map((row) => ({
          Key: encode(row.key),
          VersionId: row.version_id,
          IsLatest: row.is_latest === 1,
          LastModified: new Date(row.modified_at),
        })),
    };
  },
};

function pageSize(maxKeys: number): number {
  if (maxKeys < 0)
    throw new Fault("InvalidArgument", `Argument max-keys must be an integer between 0 and 2147483647, not ${maxKeys}`);
  return Math.min(maxKeys, keysMax);
}

interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  /** Keys that have it after the prefix are listed as one common prefix; "" = none. */
  readonly delimiter: string;
  /** Only keys after this one. */
  readonly after: string;
  readonly most: number;
}

interface Page {
  readonly rows: readonly ObjectRow[];
  readonly prefixes: readonly string[];
  /** What the next page begins after; undefined when this is the last one. */
  readonly next?: string | undefined;
}

function listPage({ db }: S3Context, { bucket, prefix, delimiter, after, most }: Listing): Page {
  const rows: ObjectRow[] = [];
  const prefixes: string[] = [];
  // A page that may hold nothing is the last one: otherwise its reader would never come to an end.
  if (most === 0) return { rows, prefixes };
  const nextRow = (from: string) =>
    db.get<ObjectRow>(
      "SELECT * FROM objects WHERE bucket = ? AND is_latest = 1 AND is_delete_marker = 0 AND key > ? AND key >= ? AND key < ? ORDER BY key LIMIT 1",
      bucket,
      from,
      prefix,
      afterPrefix(prefix),
    );
  let cursor = after;
  for (let row = nextRow(cursor); row !== undefined; row = nextRow(cursor)) {
    if (rows.length + prefixes.length === most) return { rows, prefixes, next: cursor };
    const at = delimiter === "" ? -1 : row.key.indexOf(delimiter, prefix.length);
    if (at === -1) {
      rows.push(row);
      cursor = row.key;
    } else {
      const common = row.key.slice(0, at + delimiter.length);
      prefixes.push(common);
      cursor = afterPrefix(common);
    }
  }
  return { rows, prefixes };
}

function describe({ key, modified_at, etag, size }: ObjectRow, encode: (text: string) => string) {
  return {
    Key: encode(key),
    LastModified: new Date(modified_at),
    ETag: quoted(etag),
    Size: size,
    StorageClass: "STANDARD" as const,
  };
}

/** Keys may hold characters that XML cannot: callers ask for them percent-encoded. */
function encoder(type: string | undefined): (text: string) => string {
  return type === "url" ? (text) => encodeURIComponent(text).replaceAll("%2F", "/") : (text) => text;
}
