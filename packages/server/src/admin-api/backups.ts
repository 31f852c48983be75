import { randomUUID } from "node:crypto";
import { Fault, type Call } from "@sluice/aws-protocol";

/** What is held still while its files are copied. Returns what lets it go on. */
export type Freeze = () => () => void;

/** A data folder that is held still. */
export interface StartedBackup {
  readonly backupId: string;
  /** Absolute, on the machine of the server. */
  readonly dataFolder: string;
  /** When it goes on by itself, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** How long a data folder is held still for a client that does not come back, in milliseconds: the logs grow meanwhile. */
const heldMilliseconds = 60 * 60 * 1000;

/**
 * Backups of a running server. Another process copies the files, because closing a copy's file here would give up
 * SQLite's lock on it; meanwhile all of them stay as they were in one moment, and what is written goes to the logs.
 */
export class Backups {
  readonly #dataFolder: string;
  readonly #clock: () => number;
  readonly #parts: readonly Freeze[];
  #current: { readonly id: string; readonly release: () => void; readonly timer: NodeJS.Timeout } | undefined;

  constructor(dataFolder: string, clock: () => number, parts: readonly Freeze[]) {
    this.#dataFolder = dataFolder;
    this.#clock = clock;
    this.#parts = parts;
  }

  /** Holds the data folder still. A backup that was begun before, whose client may be gone, is not said to be good any more. */
  begin(): StartedBackup {
    this.close();
    const backupId = randomUUID();
    const release = this.#freeze();
    const timer = setTimeout(() => this.#end(backupId), heldMilliseconds);
    timer.unref();
    this.#current = { id: backupId, release, timer };
    return { backupId, dataFolder: this.#dataFolder, expiresAt: this.#clock() + heldMilliseconds };
  }

  /** Lets the data folder go on. Throws a fault when it did so before: the copies may be of different moments. */
  finish(backupId: string): void {
    if (!this.#end(backupId))
      throw new Fault(
        "BackupDoesNotExistException",
        "Another backup was begun meanwhile, this one took longer than an hour, or the server was restarted: try again",
      );
  }

  /** Lets the data folder go on, whoever holds it. */
  close(): void {
    if (this.#current !== undefined) this.#end(this.#current.id);
  }

  /** All in one turn of the event loop: nothing is written between the first and the last. */
  #freeze(): () => void {
    const releases: (() => void)[] = [];
    const release = () => releases.forEach((go) => go());
    try {
      for (const freeze of this.#parts) releases.push(freeze());
      return release;
    } catch (error) {
      release();
      throw error;
    }
  }

  #end(id: string): boolean {
    if (this.#current?.id !== id) return false;
    clearTimeout(this.#current.timer);
    this.#current.release();
    this.#current = undefined;
    return true;
  }
}

/** The operations of backups, and their shapes. */
export const backupShapes = {
  BeginBackup: [{}, { backupId: "text", dataFolder: "text", expiresAt: "number" }],
  EndBackup: [{ backupId: "text" }, {}],
} as const;

interface BackupContext {
  /** Absent where the files alone are no backup. */
  readonly backups?: Backups | undefined;
  readonly call: Call;
}

/** Holds the data folder still, and lets it go on. */
export const backupOperations = {
  BeginBackup: ({ backups }: BackupContext): StartedBackup => opened(backups).begin(),
  EndBackup({ backups }: BackupContext, { backupId = "" }: { readonly backupId?: string | undefined }): object {
    opened(backups).finish(backupId);
    return {};
  },
};

function opened(backups: Backups | undefined): Backups {
  if (backups === undefined)
    throw new Fault(
      "InvalidOperationException",
      "What this server writes is kept in PostgreSQL: back that database up",
    );
  return backups;
}
