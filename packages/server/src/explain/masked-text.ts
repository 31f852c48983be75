/** What parts words: the rest is judged word by word, so that this takes linear time. */
const words = /[^\s"'`(),;=[\]{}<>|]+/g;

/** The longest line that is looked at, in characters. */
const lineCharactersMax = 400;

/** How many of the last lines tell one failure from another. */
const linesCompared = 3;

/** Colours and other commands for a terminal. */
// oxlint-disable-next-line no-control-regex -- that is what it looks for
const escapes = /\u001b\[[0-9;]{0,20}[A-Za-z]/g;

/**
 * Returns a line without what differs from host to host though the failure is the same: ids, times, paths, numbers and
 * the host's own names.
 */
export function mask(line: string, ownNames: ReadonlySet<string> = new Set()): string {
  return line
    .slice(0, lineCharactersMax)
    .replaceAll(escapes, "")
    .replaceAll(words, (word) => maskWord(word, ownNames));
}

/** Returns the last lines of a log that are not empty, as they are. */
export function lastLines(log: string, count = linesCompared): readonly string[] {
  const lines: string[] = [];
  for (let end = log.length; end > 0 && lines.length < count;) {
    const start = log.lastIndexOf("\n", end - 1) + 1;
    const line = log.slice(start, end).replaceAll(escapes, "").trim();
    if (line !== "") lines.unshift(line.slice(0, lineCharactersMax));
    end = start - 1;
  }
  return lines;
}

function maskWord(word: string, ownNames: ReadonlySet<string>): string {
  // A full stop or a colon at the end is the sentence's, not the word's.
  const end = /[.:!?]$/.test(word) ? word.slice(-1) : "";
  const bare = end === "" ? word : word.slice(0, -1);
  return `${maskBare(bare, ownNames)}${end}`;
}

function maskBare(word: string, ownNames: ReadonlySet<string>): string {
  if (ownNames.has(word)) return "<host>";
  if (word.includes("://")) return "<url>";
  if (/^\d{4}-\d\d-\d\d/.test(word) || /^\d\d?:\d\d:\d\d/.test(word)) return "<time>";
  if (word.startsWith("/") ? word.length > 1 : word.split("/").length > 2) return "<path>";
  if (isId(word)) return "<id>";
  return word.replaceAll(/\d+/g, "<n>");
}

/** Such as `i-0abc…`, `d-ABCDEFGHI`, UUIDs and digests: letters and digits mixed, and long enough for chance. */
function isId(word: string): boolean {
  if (!/\d/.test(word) && !/^[id]-[0-9A-Z]{8,}$/.test(word)) return false;
  if (/^[a-z]{1,10}-[0-9A-Za-z]{8,}$/.test(word)) return true;
  return /^(?:0x)?[0-9a-fA-F-]{7,}$/.test(word) && /[a-fA-F]/.test(word);
}
