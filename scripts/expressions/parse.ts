// Reads regular expressions, as far as matters for the time that they take.

/** Ranges of UTF-16 units, both ends included. */
export type Units = readonly (readonly [number, number])[];

/** A regular expression, read. */
export type Expression =
  | { readonly type: "one"; readonly of: Units }
  | { readonly type: "sequence" | "choice"; readonly parts: readonly Expression[] }
  | { readonly type: "repeat"; readonly body: Expression; readonly min: number; readonly max: number }
  /** Looks at what comes, or came, and takes nothing. */
  | { readonly type: "look"; readonly isAhead: boolean; readonly body: Expression }
  | { readonly type: "start" | "end" | "boundary" };

const unitMax = 0xffff;
const anyRange = [0, unitMax] as const;
const anyUnit = [anyRange] as const;
const digits: Units = [[0x30, 0x39]];
const wordUnits: Units = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]; // prettier-ignore
const blanks: Units = [[0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]]; // prettier-ignore
/** What ends a line. */
export const lineEnds: Units = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]]; // prettier-ignore
const named: Readonly<Record<string, Units>> = {
  d: digits,
  D: others(digits),
  w: wordUnits,
  W: others(wordUnits),
  s: blanks,
  S: others(blanks),
};
const controls: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, 0: 0 };

/** Reads an expression's source. Throws for what it does not know, such as a reference back. */
export function parseExpression(source: string, flags: string): Expression {
  const reader = new Reader(source, flags);
  const expression = reader.choice();
  if (!reader.isAtEnd) throw new Error(`Cannot read /${source}/ from character ${reader.at}`);
  return expression;
}

/** All other units. */
function others(units: Units): Units {
  const found: [number, number][] = [];
  let next = 0;
  for (const [low, high] of units.toSorted(([a], [b]) => a - b)) {
    if (low > next) found.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  return next > unitMax ? found : [...found, [next, unitMax]];
}

class Reader {
  at = 0;
  readonly #source: string;
  readonly #flags: string;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#source.length;
  }

  choice(): Expression {
    const parts = [this.#sequence()];
    while (this.#takes("|")) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] ?? { type: "choice", parts }) : { type: "choice", parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (!this.isAtEnd && this.#next !== "|" && this.#next !== ")") parts.push(this.#repeated(this.#atom()));
    return { type: "sequence", parts };
  }

  #repeated(body: Expression): Expression {
    const counts = this.#matches(/[*+?]|\{(\d+)(,?)(\d*)\}/y);
    if (counts === undefined) return body;
    this.#takes("?"); // lazy ones try the same things in another order
    const [sign = "", from, comma, to] = counts;
    if (from === undefined)
      return { type: "repeat", body, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Number.POSITIVE_INFINITY };
    const min = Number(from);
    return { type: "repeat", body, min, max: comma === "" ? min : to === "" ? Number.POSITIVE_INFINITY : Number(to) };
  }

  #atom(): Expression {
    const look = this.#matches(/\(\?(<?)[=!]/y);
    if (look !== undefined) return { type: "look", isAhead: look[1] === "", body: this.#group() };
    if (this.#matches(/\((?:\?:|\?<\w+>)?/y) !== undefined) return this.#group();
    if (this.#takes("^")) return { type: "start" };
    if (this.#takes("$")) return { type: "end" };
    if (this.#takes("[")) return { type: "one", of: this.#set() };
    if (this.#takes(".")) return { type: "one", of: this.#flags.includes("s") ? [[0, unitMax]] : others(lineEnds) };
    if (this.#matches(/\\[bB]/y) !== undefined) return { type: "boundary" };
    return { type: "one", of: this.#eitherCase(this.#units()) };
  }

  #group(): Expression {
    const body = this.choice();
    if (!this.#takes(")")) throw new Error(`A group of /${this.#source}/ does not end`);
    return body;
  }

  #set(): Units {
    const isNegated = this.#takes("^");
    const units: (readonly [number, number])[] = [];
    while (!this.#takes("]")) {
      const low = this.#units();
      const [single] = low;
      if (this.#next === "-" && this.#source[this.at + 1] !== "]" && single !== undefined && single[0] === single[1]) {
        this.at += 1;
        units.push([single[0], this.#units()[0]?.[0] ?? 0]);
      } else units.push(...low);
    }
    const all = this.#eitherCase(units);
    // Which characters have a property is not known here: they may be any, and so may all others.
    return isNegated && !units.includes(anyRange) ? others(all) : all;
  }

  /** One character, or an escape for several. */
  #units(): Units {
    if (!this.#takes("\\")) return this.#character();
    const hex = this.#matches(/u([0-9a-f]{4})|x([0-9a-f]{2})/iy);
    if (hex !== undefined) return single(Number.parseInt(hex[1] ?? hex[2] ?? "", 16));
    if (this.#matches(/[pP]\{[\w=]+\}/y) !== undefined) return anyUnit;
    const known = named[this.#next];
    const control = controls[this.#next];
    if (/[1-9k]/.test(this.#next)) throw new Error(`Cannot read the escape \\${this.#next} of /${this.#source}/`);
    if (known === undefined && control === undefined) return this.#character();
    this.at += 1;
    return known ?? single(control ?? 0);
  }

  #character(): Units {
    const unit = this.#source.charCodeAt(this.at);
    this.at += 1;
    return single(unit);
  }

  #eitherCase(units: Units): Units {
    if (!this.#flags.includes("i")) return units;
    const shifted = (low: number, high: number, by: number): Units =>
      units
        .filter(([from, to]) => from <= high && to >= low)
        .map(([from, to]) => [Math.max(from, low) + by, Math.min(to, high) + by]);
    return [...units, ...shifted(0x41, 0x5a, 32), ...shifted(0x61, 0x7a, -32)];
  }

  get #next(): string {
    return this.#source.charAt(this.at);
  }

  #takes(text: string): boolean {
    if (!this.#source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  #matches(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#source) ?? undefined;
    if (found !== undefined) this.at = pattern.lastIndex;
    return found;
  }
}

const single = (unit: number): Units => [[unit, unit]];
