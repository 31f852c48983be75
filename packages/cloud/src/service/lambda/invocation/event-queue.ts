import { randomUUID } from "node:crypto";
import type { DestinationConfig } from "@aws-sdk/client-lambda";
import { Fault } from "@sluice/aws-protocol";
import type { CloudDatabase } from "../../../store/database.ts";
import { findSetting, findVersion } from "../store/function-rows.ts";
import type { FunctionEvent } from "./call-function.ts";
import { latest, readName } from "../names.ts";
import type { InvocationResult } from "../execution/sandbox.ts";

/** How a function's asynchronous events are to be treated. */
export interface EventInvokeSetting {
  readonly retriesMax?: number | undefined;
  readonly ageSecondsMax?: number | undefined;
  readonly destinations?: DestinationConfig | undefined;
  readonly modifiedAt: number;
}

interface EventQueueOptions {
  readonly db: CloudDatabase;
  readonly clock: () => number;
  readonly region: string;
  readonly accountId: string;
  readonly invoke: (event: FunctionEvent) => Promise<{ readonly outcome: InvocationResult }>;
  readonly note: (line: string) => void;
}

interface EventRow {
  readonly id: string;
  readonly function: string;
  readonly qualifier: string;
  readonly payload: Uint8Array;
  readonly created_at: number;
  readonly attempts: number;
}

/** Lambda's own: two more attempts, a minute and two minutes after a failure; events are given up after six hours. */
const retries = { max: 2, delaysMilliseconds: [60_000, 120_000], ageSecondsMax: 21_600 } as const;

/** How long an event waits when a function is busy, in milliseconds. */
const busyMilliseconds = 1_000;

/** Failed events that are kept to be looked at. */
const failedMax = 1_000;

/** Longest time a timer can wait, in milliseconds. */
const timerMax = 2 ** 31 - 1;

/** Asynchronous events: durable from the answer on, run at least once, tried again, and kept when they failed for good. */
export class EventQueue {
  readonly #options: EventQueueOptions;
  readonly #running = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  /** Takes an event. It is on the disk when this returns. */
  add({ name, qualifier, payload }: { name: string; qualifier: string; payload: Uint8Array }): void {
    const now = this.#options.clock();
    this.#options.db.run(
      "INSERT INTO function_events VALUES (?, ?, ?, ?, ?, ?, 0, NULL)",
      randomUUID(),
      name,
      qualifier,
      payload,
      now,
      now,
    );
    this.start();
  }

  /** Runs what is due, and comes back for the rest. */
  start(): void {
    if (this.#closed) return;
    const { db, clock } = this.#options;
    for (const row of db.all<EventRow>("SELECT * FROM function_events WHERE due_at <= ? ORDER BY due_at", clock())) {
      if (this.#running.has(row.id)) continue;
      const run = this.#run(row).finally(() => {
        this.#running.delete(row.id);
        this.start();
      });
      this.#running.set(row.id, run);
    }
    this.#wait();
  }

  /** Stops running events; those under way run again with the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#running.values());
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const { db, clock } = this.#options;
    const next = db
      .all<{ id: string; due_at: number }>(
        "SELECT id, due_at FROM function_events WHERE due_at IS NOT NULL ORDER BY due_at LIMIT ?",
        this.#running.size + 1,
      )
      .find(({ id }) => !this.#running.has(id));
    if (next === undefined) return;
    const milliseconds = Math.min(Math.max(0, next.due_at - clock()), timerMax);
    this.#timer = setTimeout(() => this.start(), milliseconds).unref();
  }

  async #run(row: EventRow): Promise<void> {
    const { db, invoke } = this.#options;
    const event = { name: row.function, qualifier: row.qualifier, payload: row.payload, requestId: row.id };
    const failure = await invoke(event).then(
      ({ outcome }) => (outcome.failed ? { error: outcome.payload.toString("utf8"), isBusy: false } : undefined),
      (error: unknown) => {
        if (!(error instanceof Fault)) throw error;
        return { error: `${error.code}: ${error.message}`, isBusy: error.code === "TooManyRequestsException" };
      },
    );
    if (this.#closed) return; // its process was ended by us
    if (failure === undefined) return void db.run("DELETE FROM function_events WHERE id = ?", row.id);
    this.#failed(row, failure);
  }

  #failed(row: EventRow, { error, isBusy }: { error: string; isBusy: boolean }): void {
    const { db, clock } = this.#options;
    const { retriesMax = retries.max, ageSecondsMax = retries.ageSecondsMax } = this.#setting(row);
    const attempts = row.attempts + (isBusy ? 0 : 1);
    const delay = isBusy ? busyMilliseconds : (retries.delaysMilliseconds[row.attempts] ?? 120_000);
    const due = clock() + delay;
    const isOld = due - row.created_at > ageSecondsMax * 1000;
    if (attempts <= retriesMax && !isOld) {
      db.run("UPDATE function_events SET attempts = ?, due_at = ? WHERE id = ?", attempts, due, row.id);
      return;
    }
    this.#giveUp(row, { error, condition: isOld ? "EventAgeExceeded" : "RetriesExhausted", attempts });
  }

  #giveUp(row: EventRow, { error, condition, attempts }: { error: string; condition: string; attempts: number }): void {
    const { db, note } = this.#options;
    db.run(
      "UPDATE function_events SET attempts = ?, due_at = NULL, failure = ? WHERE id = ?",
      attempts,
      JSON.stringify({ condition, error }),
      row.id,
    );
    db.run(
      "DELETE FROM function_events WHERE failure IS NOT NULL AND id NOT IN (SELECT id FROM function_events WHERE failure IS NOT NULL ORDER BY created_at DESC LIMIT ?)",
      failedMax,
    );
    const target = this.#failureTarget(row);
    const told = target === undefined ? "" : `; it is for ${target}`;
    note(
      `An event for the function "${row.function}" failed for good (${condition}) after ${attempts} attempts: ${error.slice(0, 300)}${told}`,
    );
    if (target !== undefined && target.includes(":lambda:")) this.#passOn(row, target, { error, condition, attempts });
  }

  /** Hands a failed event to another function, in the envelope that Lambda uses for it. */
  #passOn(row: EventRow, target: string, about: { error: string; condition: string; attempts: number }): void {
    const { name, qualifier = latest } = readName(target);
    if (findVersion(this.#options, name, latest) === undefined) return;
    const envelope = {
      version: "1.0",
      timestamp: new Date(this.#options.clock()).toISOString(),
      requestContext: {
        requestId: row.id,
        functionArn: row.function,
        condition: about.condition,
        approximateInvokeCount: about.attempts,
      },
      requestPayload: JSON.parse(Buffer.from(row.payload).toString("utf8")) as unknown, // checked when it was taken
      responsePayload: about.error,
    };
    this.add({ name, qualifier, payload: Buffer.from(JSON.stringify(envelope)) });
  }

  #failureTarget(row: EventRow): string | undefined {
    const record = findVersion(this.#options, row.function, latest);
    return this.#setting(row).destinations?.OnFailure?.Destination ?? record?.deadLetter?.TargetArn;
  }

  #setting({ function: name, qualifier }: EventRow): Partial<EventInvokeSetting> {
    return findSetting<EventInvokeSetting>(this.#options, { name, qualifier, kind: "event invoke" }) ?? {};
  }
}
