import type { Database } from "../database.ts";

/** What people ask of a deployment while it runs; the engine finds it in the deployment's state. */
export function stopAndContinueRequests(db: Database) {
  return {
    /** Remembers that somebody asked to stop, and what they said of rolling back. The first request's time stands. */
    requestStop(id: string, at: number, rollback: boolean | undefined): void {
      db.run(
        "UPDATE deployments SET version = version + 1, state = json_set(state, '$.stopRequestedAt', coalesce(state ->> '$.stopRequestedAt', ?)) WHERE id = ?",
        at,
        id,
      );
      if (rollback !== undefined)
        db.run(
          "UPDATE deployments SET state = json_set(state, '$.rollbackOnStop', json(?)) WHERE id = ?",
          JSON.stringify(rollback),
          id,
        );
    },
    /** Remembers that somebody asked to end a wait. */
    requestContinue: (id: string, hold: "READY_WAIT" | "TERMINATION_WAIT", at: number): number =>
      db.run(
        "UPDATE deployments SET version = version + 1, state = json_patch(state, json_object('continueRequestedAt', json_object(?, ?))) WHERE id = ?",
        hold,
        at,
        id,
      ),
  };
}
