import { setTimeout as pause } from "node:timers/promises";
import type { S3Context } from "./context.ts";

/** How often uploads that nobody goes on with are looked for, in milliseconds. */
const roundMilliseconds = 60 * 60 * 1000;

/** How many parts a step deletes, and what other work has between two steps, in milliseconds. */
const partsPerStep = 50;
const stepMilliseconds = 20;

/** Deletes uploads in parts that were begun before a time and never completed, as a lifecycle rule of S3's does. Returns how many. */
export async function deleteLeftUploads(
  { db, blobs }: Pick<S3Context, "db" | "blobs">,
  before: number,
  isClosed: () => boolean = () => false,
): Promise<number> {
  let count = 0;
  while (!isClosed()) {
    const upload = db.get<{ id: string }>(
      "SELECT id FROM uploads WHERE created_at < ? ORDER BY created_at LIMIT 1",
      before,
    );
    if (upload === undefined) break;
    const parts = db.all<{ number: number; blob: string }>(
      "SELECT number, blob FROM parts WHERE upload_id = ? LIMIT ?",
      upload.id,
      partsPerStep,
    );
    db.transaction(() => {
      for (const { number } of parts) db.run("DELETE FROM parts WHERE upload_id = ? AND number = ?", upload.id, number);
      if (parts.length < partsPerStep) count += db.run("DELETE FROM uploads WHERE id = ?", upload.id);
    });
    await blobs.delete(parts.map(({ blob }) => blob));
    await pause(stepMilliseconds);
  }
  return count;
}

/** Deletes such uploads again and again, once they are older than so many days. Returns the way to end that. */
export function watchLeftUploads(
  context: Pick<S3Context, "db" | "blobs" | "clock">,
  { days, onDefect }: { readonly days: number; readonly onDefect: (error: unknown, about: string) => void },
): () => Promise<void> {
  if (days === 0) return async () => {};
  let isClosed = false;
  let underWay: Promise<unknown> = Promise.resolve();
  const round = () => {
    const before = context.clock() - days * 24 * 60 * 60 * 1000;
    underWay = deleteLeftUploads(context, before, () => isClosed).catch((error: unknown) =>
      onDefect(error, "retention"),
    );
  };
  const timer = setInterval(round, roundMilliseconds);
  round();
  return async () => {
    isClosed = true;
    clearInterval(timer);
    await underWay;
  };
}
