import type { CloudDatabase } from "../../store/database.ts";
import type { ContentStore } from "./content-store.ts";
import type { Digest } from "./digest.ts";

/** How long a blob that no manifest names stays, counted from when a client last asked for it, in milliseconds: a push sends the manifest last. */
const unnamedMilliseconds = 60 * 60_000;

/**
 * Which repositories have which blobs. A blob is deleted when no repository has it any more; a repository has it for as long
 * as one of its manifests names it, or a client may still be about to send the manifest that does.
 */
export class BlobLinks {
  readonly #db: CloudDatabase;
  readonly #store: ContentStore;
  readonly #clock: () => number;
  readonly #openedAt: number;
  /** When clients were last told that a repository has a blob, by both names. Who was told so does not send it. */
  readonly #toldAt = new Map<string, number>();

  constructor({
    db,
    store,
    clock,
  }: {
    readonly db: CloudDatabase;
    readonly store: ContentStore;
    readonly clock: () => number;
  }) {
    this.#db = db;
    this.#store = store;
    this.#clock = clock;
    this.#openedAt = clock();
    store.sweep((digest) => this.#isLinked(digest));
  }

  /** The size of a blob in bytes; undefined when the repository does not have it. */
  sizeOf(repository: string, digest: Digest): number | undefined {
    return this.#db.get<{ size: number }>(
      "SELECT size FROM image_blobs WHERE repository = ? AND digest = ?",
      repository,
      digest,
    )?.size;
  }

  /** Notes that a client is told that a repository has a blob: the blob stays for a while, as the client will not send it. */
  tell(repository: string, digest: Digest): void {
    this.#toldAt.set(`${repository} ${digest}`, this.#clock());
  }

  /** Gives a blob that is in the store to a repository. */
  add(repository: string, digest: Digest, size: number): void {
    this.#db.run(
      "INSERT INTO image_blobs VALUES (?1, ?2, ?3, ?4) ON CONFLICT (repository, digest) DO UPDATE SET added_at = ?4",
      ...[repository, digest, size, this.#clock()],
    );
  }

  /** Takes all blobs from a repository that goes. */
  removeAll(repository: string): void {
    const gone = this.#db.all<{ digest: Digest }>("SELECT digest FROM image_blobs WHERE repository = ?", repository);
    this.#db.run("DELETE FROM image_blobs WHERE repository = ?", repository);
    for (const key of this.#toldAt.keys()) if (key.startsWith(`${repository} `)) this.#toldAt.delete(key);
    this.#deleteUnlinked(gone);
  }

  /** Takes from a repository those blobs of a manifest that has just been deleted that no other one names. They need not wait, unless a client was told of them. */
  free(repository: string, digests: readonly Digest[]): void {
    const since = this.#clock() - unnamedMilliseconds;
    const named = "SELECT 1 FROM image_parts WHERE repository = ? AND part = ?";
    const gone = digests
      .filter((digest) => (this.#toldAt.get(`${repository} ${digest}`) ?? 0) <= since)
      .filter((digest) => this.#db.get(named, repository, digest) === undefined)
      .map((digest) => ({ repository, digest }));
    this.#remove(gone);
  }

  /** Takes from repositories the blobs that no manifest has named for long, and deletes those that nobody has any more. */
  collect(): void {
    const since = this.#clock() - unnamedMilliseconds;
    if (this.#openedAt > since) return; // clients of an earlier process may still rely on what that has told them
    const unnamed = this.#db.all<LinkRow>(
      `SELECT repository, digest FROM image_blobs AS blob WHERE added_at <= ?
       AND NOT EXISTS (SELECT 1 FROM image_parts WHERE repository = blob.repository AND part = blob.digest)`,
      since,
    );
    this.#remove(
      unnamed.filter(({ repository, digest }) => (this.#toldAt.get(`${repository} ${digest}`) ?? 0) <= since),
    );
    for (const [key, at] of this.#toldAt) if (at <= since) this.#toldAt.delete(key);
  }

  #remove(gone: readonly LinkRow[]): void {
    this.#db.transaction(() => {
      for (const { repository, digest } of gone)
        this.#db.run("DELETE FROM image_blobs WHERE repository = ? AND digest = ?", repository, digest);
    });
    this.#deleteUnlinked(gone);
  }

  #deleteUnlinked(gone: readonly { readonly digest: Digest }[]): void {
    for (const { digest } of gone) if (!this.#isLinked(digest)) this.#store.delete(digest);
  }

  #isLinked(digest: Digest): boolean {
    return this.#db.get("SELECT 1 FROM image_blobs WHERE digest = ?", digest) !== undefined;
  }
}

interface LinkRow {
  readonly repository: string;
  readonly digest: Digest;
}
