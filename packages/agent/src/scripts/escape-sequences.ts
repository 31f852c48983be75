// A script could print sequences that make a terminal show its log otherwise than it is. So they are removed.

/** ESC, and CSI as a single character. */
// oxlint-disable-next-line no-control-regex
const introducer = /[\u001b\u009b]/g;

/** Control characters, except tabs. */
// oxlint-disable-next-line no-control-regex
const controlCharacters = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/** Returns a line without escape sequences and control characters, in time linear in its length. */
export function withoutEscapeSequences(line: string): string {
  const kept: string[] = [];
  let from = 0;
  introducer.lastIndex = 0;
  for (let found = introducer.exec(line); found !== null; found = introducer.exec(line)) {
    kept.push(line.slice(from, found.index));
    from = sequenceEnd(line, found.index);
    introducer.lastIndex = from;
  }
  return `${kept.join("")}${line.slice(from)}`.replaceAll(controlCharacters, "");
}

/** Returns the end index of the sequence at `start`. Of an unterminated sequence only the introducer counts: what follows is text. */
function sequenceEnd(line: string, start: number): number {
  if (line[start] === "\u009b") return controlSequenceEnd(line, start + 1);
  switch (line[start + 1]) {
    case "[":
      return controlSequenceEnd(line, start + 2);
    case "]": // operating system command, such as a window's title
    case "P": // device control string
    case "X": // start of string
    case "^": // privacy message
    case "_": // application program command
      return stringEnd(line, start + 2);
    default:
      return otherEnd(line, start + 1);
  }
}

/** Skips parameters, intermediate characters, and one final character. */
function controlSequenceEnd(line: string, start: number): number {
  let at = start;
  while (isBetween(line, at, 0x30, 0x3f)) at += 1;
  while (isBetween(line, at, 0x20, 0x2f)) at += 1;
  return isBetween(line, at, 0x40, 0x7e) ? at + 1 : at;
}

/** What terminates a string that is for the terminal itself, or begins another sequence, so that no text is scanned twice. */
// oxlint-disable-next-line no-control-regex
const stringTerminator = /[\u0007\u001b\u009b\u009c]/g;

function stringEnd(line: string, start: number): number {
  stringTerminator.lastIndex = start;
  const found = stringTerminator.exec(line);
  if (found === null) return start;
  switch (found[0]) {
    case "\u0007":
    case "\u009c":
      return found.index + 1;
    case "\u001b":
      return line[found.index + 1] === "\\" ? found.index + 2 : start;
    default:
      return start;
  }
}

/** Skips intermediate characters and a final one, as of a sequence that selects a character set. */
function otherEnd(line: string, start: number): number {
  let at = start;
  while (isBetween(line, at, 0x20, 0x2f)) at += 1;
  return isBetween(line, at, 0x30, 0x7e) ? at + 1 : start;
}

const isBetween = (line: string, at: number, low: number, high: number): boolean => {
  const code = line.charCodeAt(at); // NaN after the end
  return code >= low && code <= high;
};
