// To the system a name is bytes, and an archive's names need not be UTF-8. They are carried as strings of one character
// a byte ("latin1"): paths can be compared and taken apart as usual, and nothing is lost on the way from archive to disk.

/** A name or a path, one character a byte. */
export type ByteName = string;

/** The name that the system knows by this text. */
export const byteName = (text: string): ByteName => Buffer.from(text, "utf8").toString("latin1");

/** A path as the file system's calls take it. */
export const pathOf = (name: ByteName): Buffer => Buffer.from(name, "latin1");

/** Characters of a name that are shown. */
const shownMax = 200;

/** A name for a message: nothing in it can be taken for something else, or fill a screen. */
export function quoted(name: ByteName): string {
  const text = pathOf(name.slice(0, 4 * shownMax + 4)).toString("utf8");
  return JSON.stringify(text.length > shownMax ? `${text.slice(0, shownMax)}…` : text);
}
