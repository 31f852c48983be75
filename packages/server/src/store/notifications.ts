import type { Database } from "./database.ts";

/** A message to an SNS topic, or to the webhook of the event bus. */
export interface Notification {
  readonly id: number;
  readonly groupId: string;
  /** A topic's ARN; absent for events. */
  readonly topic?: string | undefined;
  readonly subject: string;
  readonly body: string;
  readonly attempts: number;
}

interface Row {
  readonly id: number;
  readonly group_id: string;
  readonly topic: string | null;
  readonly subject: string;
  readonly body: string;
  readonly attempts: number;
}

/** Messages to be delivered: recorded with the state change, removed when they have been delivered or given up. */
export function notifications(db: Database) {
  return {
    add: ({ groupId, topic, subject, body }: Omit<Notification, "id" | "attempts">): number =>
      db.run(
        "INSERT INTO notifications (group_id, topic, subject, body, attempts, next_at) VALUES (?, ?, ?, ?, 0, 0)",
        groupId,
        topic ?? null,
        subject,
        body,
      ),
    /** Returns those that are due, oldest first. */
    due: (now: number, most: number): readonly Notification[] =>
      db
        .all<Row>(
          "SELECT id, group_id, topic, subject, body, attempts FROM notifications WHERE next_at <= ? ORDER BY id LIMIT ?",
          now,
          most,
        )
        .map(({ id, group_id: groupId, topic, subject, body, attempts }) => ({
          id,
          groupId,
          subject,
          body,
          attempts,
          topic: topic ?? undefined,
        })),
    remove: (id: number): number => db.run("DELETE FROM notifications WHERE id = ?", id),
    postpone: (id: number, nextAt: number): number =>
      db.run("UPDATE notifications SET attempts = attempts + 1, next_at = ? WHERE id = ?", nextAt, id),
  };
}
