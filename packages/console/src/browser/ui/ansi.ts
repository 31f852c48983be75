/** Text in one look. */
export interface Span {
  readonly text: string;
  /** Class names of the style sheet's, never anything of the text. */
  readonly look: string;
}

/** A sequence that a terminal would obey: colours (CSI … m), other CSI, OSC up to its end, and single escapes. */
const sequence =
  /\u001b\[([\d;:]{0,64})m|\u001b\[[\d;:?<=>!]{0,64}[ -/]{0,8}[@-~]|\u001b\][^\u0007\u001b]{0,4096}(?:\u0007|\u001b\\)?|\u001b[@-_]?|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g;

const plain = { colour: "", isBold: false, isDim: false, isItalic: false, isUnderlined: false };

/** Reads a line with a terminal's colour codes. Every other code, a link or a title among them, is left out. */
export function ansiSpans(line: string): readonly Span[] {
  const spans: Span[] = [];
  let look = plain;
  let from = 0;
  const add = (text: string) => {
    if (text !== "") spans.push({ text, look: className(look) });
  };
  for (const found of line.matchAll(sequence)) {
    add(line.slice(from, found.index));
    from = found.index + found[0].length;
    const [, codes] = found;
    if (codes !== undefined) look = after(look, codes);
  }
  add(line.slice(from));
  return spans;
}

/** A line without any code. */
export const plainText = (line: string): string => line.replaceAll(sequence, "");

type Style = typeof plain;

function after(look: Style, text: string): Style {
  const codes = text.split(/[;:]/).map(Number);
  let next = look;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 0) next = plain;
    else if (code === 1) next = { ...next, isBold: true };
    else if (code === 2) next = { ...next, isDim: true };
    else if (code === 3) next = { ...next, isItalic: true };
    else if (code === 4) next = { ...next, isUnderlined: true };
    else if (code === 22) next = { ...next, isBold: false, isDim: false };
    else if (code === 39) next = { ...next, colour: "" };
    else if (code >= 30 && code <= 37) next = { ...next, colour: String(code - 30) };
    else if (code >= 90 && code <= 97) next = { ...next, colour: String(code - 90) };
    // Colours by number or by parts: the numbers that follow are theirs, and the page has its own eight.
    else if (code === 38 || code === 48) index += codes[index + 1] === 5 ? 2 : 4;
  }
  return next;
}

function className({ colour, isBold, isDim, isItalic, isUnderlined }: Style): string {
  const names = [
    colour === "" ? "" : `a${colour}`,
    isBold && "ab",
    isDim && "ad",
    isItalic && "ai",
    isUnderlined && "au",
  ];
  return names.filter((name) => typeof name === "string" && name !== "").join(" ");
}
