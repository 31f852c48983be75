import type { Database } from "../database.ts";
import type { EventLog } from "../event-log.ts";

/** Who asks for something, and when (milliseconds since the epoch). */
export interface Asking {
  readonly at: number;
  /** The caller's ARN. */
  readonly actor: string;
}

/** Requests to stop or to continue a deployment in progress; the engine finds them in the deployment's state. */
export function stopAndContinueRequests(db: Database, events: EventLog) {
  return {
    /** Records a request to stop, and whether it asked for a rollback. The time of the first request stands. */
    requestStop(id: string, { at, actor }: Asking, rollback: boolean | undefined): void {
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
      const because = rollback === true ? "somebody asks it to stop and to be rolled back" : "somebody asks it to stop";
      events.append({ at, kind: "deployment", deploymentId: id, to: "Stop requested", because, actor });
    },
    /** Records a request to end a wait. */
    requestContinue(id: string, hold: "READY_WAIT" | "TERMINATION_WAIT", { at, actor }: Asking): void {
      db.run(
        "UPDATE deployments SET version = version + 1, state = json_patch(state, json_object('continueRequestedAt', json_object(?, ?))) WHERE id = ?",
        hold,
        at,
        id,
      );
      const because = "somebody asks not to wait any longer";
      events.append({ at, kind: "hold", deploymentId: id, event: hold, to: "Continue requested", because, actor });
    },
  };
}
