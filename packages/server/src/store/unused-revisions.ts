import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { Database } from "./database.ts";
import type { ExpiryStep } from "./deployments/expired.ts";
import { revisionIdentity } from "./revisions.ts";

/** How far a search for unused revisions has come. */
export interface RevisionPosition {
  readonly applicationId: string;
  readonly identity: string;
}

/** The last successful revisions of an application's groups, which are installed on hosts that are launched. */
const currentRevisions = (db: Database, applicationId: string): ReadonlySet<string> =>
  new Set(
    db
      .all<{ revision: string }>(
        "SELECT target_revision AS revision FROM deployment_groups WHERE application_id = ? AND target_revision IS NOT NULL",
        applicationId,
      )
      .map(({ revision }) => revisionIdentity(JSON.parse(revision) as RevisionLocation)), // written by `succeeded`
  );

/** Deletes revisions that nobody uses. */
export function unusedRevisions(db: Database) {
  return {
    /**
     * Deletes revisions that no group has as its last successful one, and that were neither registered nor used since
     * a time. Looks at so many in a step. Only within `write`.
     */
    deleteUnused(before: number, from: RevisionPosition, examinedMax: number): ExpiryStep<RevisionPosition> {
      const rows = db.all<RevisionPosition & { readonly used: number }>(
        `SELECT application_id AS "applicationId", identity, coalesce(last_used_time, register_time) AS used FROM revisions
WHERE (application_id, identity) > (?, ?) ORDER BY application_id, identity LIMIT ?`,
        from.applicationId,
        from.identity,
        examinedMax,
      );
      let deleted = 0;
      const currentOf = new Map<string, ReadonlySet<string>>();
      for (const { applicationId, identity, used } of rows) {
        if (used >= before) continue;
        const current = currentOf.get(applicationId) ?? currentRevisions(db, applicationId);
        currentOf.set(applicationId, current);
        if (current.has(identity)) continue;
        deleted += db.run("DELETE FROM revisions WHERE application_id = ? AND identity = ?", applicationId, identity);
      }
      return { deleted, next: rows.length < examinedMax ? undefined : rows.at(-1) };
    },
  };
}
