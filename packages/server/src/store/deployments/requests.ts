import type { Database } from "../database.ts";

/** Requests to stop or to continue a deployment in progress; the engine finds them in the deployment's state. */
export function stopAndContinueRequests(db: Database) {
  return {
    /** Records a request to stop, and whether it asked for a rollback. The time of the first request stands. */
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
    /** Records a request to end a wait. */
    requestContinue: (id: string, hold: "READY_WAIT" | "TERMINATION_WAIT", at: number): number =>
      db.run(
        "UPDATE deployments SET version = version + 1, state = json_patch(state, json_object('continueRequestedAt', json_object(?, ?))) WHERE id = ?",
        hold,
        at,
        id,
      ),
  };
}
