import type { Upload } from "../upload.ts";
import type { ContentStore } from "../content-store.ts";
import { randomHex } from "../../../random.ts";
import { registryFault } from "./registry-fault.ts";

/** Uploads that may be under way at once: each is an open file. */
const uploadsMax = 500;

/** How long an upload may lie before it makes room for others, in milliseconds. */
const idleMilliseconds = 60 * 60_000;

/** A blob that somebody is sending, in one request or in several. */
export interface UploadSession {
  readonly id: string;
  readonly repository: string;
  readonly upload: Upload;
}

interface Kept extends UploadSession {
  isBusy: boolean;
  usedAt: number;
}

/** The uploads under way. They end with this process: clients whose upload is unknown begin again. */
export class Uploads {
  readonly #store: ContentStore;
  readonly #clock: () => number;
  /** The one that was used last at the end. */
  readonly #sessions = new Map<string, Kept>();

  constructor({ store, clock }: { readonly store: ContentStore; readonly clock: () => number }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Begins an upload. A Fault when too many are being sent. */
  async begin(repository: string): Promise<UploadSession> {
    this.#makeRoom();
    const id = randomHex(16);
    const session = { id, repository, upload: await this.#store.begin(id), isBusy: false, usedAt: this.#clock() };
    this.#sessions.set(id, session);
    return session;
  }

  /** An upload of a repository. A Fault when it is unknown. */
  find(repository: string, id: string): UploadSession {
    const session = this.#sessions.get(id);
    if (session === undefined || session.repository !== repository)
      throw registryFault(
        "BLOB_UPLOAD_UNKNOWN",
        "The upload is unknown: it may have been completed, cancelled or given up",
      );
    return session;
  }

  /** Works on an upload, one request at a time: what two would append at once has no order. */
  async using<Result>({ id }: UploadSession, work: () => Promise<Result>): Promise<Result> {
    const session = this.#sessions.get(id);
    if (session === undefined || session.isBusy)
      throw registryFault("BLOB_UPLOAD_INVALID", "Another request is working on this upload", 409);
    session.isBusy = true;
    try {
      return await work();
    } finally {
      session.isBusy = false;
      session.usedAt = this.#clock();
      if (this.#sessions.delete(id)) this.#sessions.set(id, session);
    }
  }

  /** Forgets an upload that has become a blob, or will not. */
  end({ id, upload }: UploadSession): void {
    if (this.#sessions.delete(id)) upload.discard();
  }

  /** Gives up the uploads that have lain for long. */
  sweep(): void {
    for (const session of this.#sessions.values())
      if (!session.isBusy && session.usedAt <= this.#clock() - idleMilliseconds) this.end(session);
  }

  /** Gives up all of them. */
  close(): void {
    for (const session of this.#sessions.values()) this.end(session);
  }

  /** Where there are too many, the one that has lain longest goes. */
  #makeRoom(): void {
    if (this.#sessions.size < uploadsMax) return;
    const oldest = [...this.#sessions.values()].find(({ isBusy }) => !isBusy);
    if (oldest === undefined)
      throw registryFault(
        "TOOMANYREQUESTS",
        `${uploadsMax} uploads are under way, which is the most that may be at once`,
      );
    this.end(oldest);
  }
}
