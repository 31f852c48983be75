import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Database } from "./database.ts";

/** A registered revision. */
export interface Revision {
  readonly location: RevisionLocation;
  readonly description?: string | undefined;
  readonly registerTime: number;
  readonly firstUsedTime?: number | undefined;
  readonly lastUsedTime?: number | undefined;
}

interface Row {
  readonly location: string;
  readonly description: string | null;
  readonly register_time: number;
  readonly first_used_time: number | null;
  readonly last_used_time: number | null;
}

const columns = "location, description, register_time, first_used_time, last_used_time";

function fromRow(row: Row): Revision {
  return {
    location: JSON.parse(row.location) as RevisionLocation, // written by `register`
    registerTime: row.register_time,
    description: row.description ?? undefined,
    firstUsedTime: row.first_used_time ?? undefined,
    lastUsedTime: row.last_used_time ?? undefined,
  };
}

/** What makes a revision itself: every field that was given, ETags without quotes (api.md §3.6). */
export function revisionIdentity(location: RevisionLocation): string {
  const { s3Location: s3, gitHubLocation: git, appSpecContent, string } = location;
  if (s3 !== undefined)
    return JSON.stringify([
      "S3",
      s3.bucket,
      s3.key,
      s3.bundleType,
      s3.version ?? "",
      (s3.eTag ?? "").replaceAll('"', ""),
    ]);
  if (git !== undefined) return JSON.stringify(["GitHub", git.repository, git.commitId]);
  return JSON.stringify([location.revisionType, (appSpecContent ?? string)?.sha256]);
}

/** Revisions of applications, by identity. */
export function revisions(db: Database) {
  return {
    find(applicationId: string, location: RevisionLocation): Revision | undefined {
      const row = db.get<Row>(
        `SELECT ${columns} FROM revisions WHERE application_id = ? AND identity = ?`,
        applicationId,
        revisionIdentity(location),
      );
      return row && fromRow(row);
    },
    of: (applicationId: string): readonly Revision[] =>
      db
        .all<Row>(
          `SELECT ${columns} FROM revisions WHERE application_id = ? ORDER BY register_time, identity`,
          applicationId,
        )
        .map(fromRow),
    /** Registers a revision; one that is registered already only gets the new description. */
    register(
      applicationId: string,
      location: RevisionLocation,
      { description, now }: { description?: string | undefined; now: number },
    ): void {
      db.run(
        `INSERT INTO revisions VALUES (?, ?, ?, ?, ?, NULL, NULL)
         ON CONFLICT DO UPDATE SET description = coalesce(excluded.description, description)`,
        applicationId,
        revisionIdentity(location),
        JSON.stringify(location),
        description ?? null,
        now,
      );
    },
    used(applicationId: string, location: RevisionLocation, now: number): void {
      db.run(
        "UPDATE revisions SET first_used_time = coalesce(first_used_time, ?), last_used_time = ? WHERE application_id = ? AND identity = ?",
        now,
        now,
        applicationId,
        revisionIdentity(location),
      );
    },
  };
}
