// The only matcher of patterns with `*` and `?`: for policies, tags, filters, load balancers' rules and AppSpec files. An
// attacker may have written both pattern and text. The text is scanned once, from one part between two `*` to the next; each
// part is searched by an algorithm that never goes back in the text. A RegExp would take exponential time.

/** `*`: any text, also the empty one. */
export const anyText = Symbol("*");
/** `?`: one character. */
export const oneCharacter = Symbol("?");

/** A token of a pattern: literal text, or a wildcard. */
export type Token = string | typeof anyText | typeof oneCharacter;

/** A parsed pattern: the parts between its `*`, one more than there are of these. */
export type Pattern = readonly Part[];

/** UTF-16 units, and `hole` for a `?`. */
type Part = readonly number[];
const hole = -1;

/** What a kind of pattern has besides `*`. */
export interface PatternSigns {
  /** Whether `?` stands for one character. */
  readonly hasOneCharacter: boolean;
  /** Whether a backslash makes the next character literal. */
  readonly hasEscapes: boolean;
}

/** Whether a text matches a pattern. Takes time proportional to the length of the text, times a thirty-second of the length of a part with a `?`. */
export function fits(text: string, pattern: Pattern): boolean {
  const [first = [], ...rest] = pattern;
  const last = rest.pop();
  if (last === undefined) return first.length === text.length && isAt(text, first, 0);
  const end = text.length - last.length;
  if (end < first.length || !isAt(text, first, 0) || !isAt(text, last, end)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = find(text, part, { from: at, end });
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= end;
}

/** Parses a pattern. */
export function readPattern(pattern: string, signs: PatternSigns): Pattern {
  return patternOf(tokensOf(pattern, signs));
}

/** Splits a pattern into tokens. */
export function tokensOf(pattern: string, { hasOneCharacter, hasEscapes }: PatternSigns): readonly Token[] {
  const tokens: Token[] = [];
  let [literal, isEscaped] = ["", false];
  const sign = (one: Token) => {
    if (literal !== "") tokens.push(literal);
    literal = "";
    tokens.push(one);
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    if (isEscaped) {
      literal += character;
      isEscaped = false;
    } else if (character === "\\" && hasEscapes && at + 1 < pattern.length) isEscaped = true;
    else if (character === "*") sign(anyText);
    else if (character === "?" && hasOneCharacter) sign(oneCharacter);
    else literal += character;
  }
  if (literal !== "") tokens.push(literal);
  return tokens;
}

/** Makes a pattern of tokens. */
export function patternOf(tokens: readonly Token[]): Pattern {
  let part: number[] = [];
  const parts = [part];
  for (const token of tokens)
    if (token === anyText) {
      part = [];
      parts.push(part);
    } else if (token === oneCharacter) part.push(hole);
    else for (let at = 0; at < token.length; at++) part.push(token.charCodeAt(at));
  return parts;
}

function isAt(text: string, part: Part, start: number): boolean {
  return part.every((unit, index) => unit === hole || unit === text.charCodeAt(start + index));
}

/** The part of a text to search: a match must end at `end` at the latest. */
interface Range {
  readonly from: number;
  readonly end: number;
}

/** Returns the index of a part's first match, or -1. */
function find(text: string, part: Part, range: Range): number {
  if (part.length > range.end - range.from) return -1;
  const solid = part.findIndex((unit) => unit !== hole);
  if (solid === -1) return range.from; // empty, or nothing but holes
  return part.includes(hole) ? findWithHoles(text, part, range) : findSolid(text, part, range);
}

/** By Knuth, Morris and Pratt. */
function findSolid(text: string, part: Part, { from, end }: Range): number {
  const borders = bordersOf(part);
  let matched = 0;
  for (let at = from; at < end; at++) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && part[matched] !== unit) matched = borders[matched - 1] ?? 0;
    if (part[matched] === unit) matched++;
    if (matched === part.length) return at + 1 - matched;
  }
  return -1;
}

/** Returns, for each prefix of a part, the length of its longest border: a proper prefix that is also a suffix. */
function bordersOf(part: Part): Int32Array {
  const borders = new Int32Array(part.length);
  let length = 0;
  for (let at = 1; at < part.length; at++) {
    while (length > 0 && part[length] !== part[at]) length = borders[length - 1] ?? 0;
    if (part[length] === part[at]) length++;
    borders[at] = length;
  }
  return borders;
}

const wordBits = 32;

/** By Baeza-Yates and Gonnet ("shift-and"): a bit for each prefix of the part that the text so far ends with. */
function findWithHoles(text: string, part: Part, { from, end }: Range): number {
  const masks = masksOf(part);
  const words = Math.ceil(part.length / wordBits);
  const state = new Uint32Array(words);
  const [lastWord, lastBit] = [words - 1, 1 << ((part.length - 1) % wordBits)];
  for (let at = from; at < end; at++) {
    const mask = masks.get(text.charCodeAt(at)) ?? masks.get(hole);
    let carried = 1;
    for (let word = 0; word < words; word++) {
      const before = state[word] ?? 0;
      state[word] = ((before << 1) | carried) & (mask?.[word] ?? 0);
      carried = before >>> (wordBits - 1);
    }
    if (((state[lastWord] ?? 0) & lastBit) !== 0) return at + 1 - part.length;
  }
  return -1;
}

/** Returns, for each unit of a part, the positions where it matches; under `hole`, those where any unit does. */
function masksOf(part: Part): ReadonlyMap<number, Uint32Array> {
  const holes = new Uint32Array(Math.ceil(part.length / wordBits));
  const setBit = (mask: Uint32Array, at: number) => {
    const word = Math.floor(at / wordBits);
    mask[word] = (mask[word] ?? 0) | (1 << (at % wordBits));
  };
  part.forEach((unit, at) => unit === hole && setBit(holes, at));
  const masks = new Map([[hole, holes]]);
  part.forEach((unit, at) => {
    const mask = masks.get(unit) ?? holes.slice();
    if (unit !== hole) setBit(mask, at);
    masks.set(unit, mask);
  });
  return masks;
}
