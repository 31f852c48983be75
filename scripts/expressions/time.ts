// How the time of a regular expression grows with the text, from the automaton of its positions (Glushkov's). It is
// exponential where a state comes back to itself in two ways over the same text, and polynomial where one state that comes
// back to itself leads to another that does, both over the same text (Weber and Seidl; Weideman and others, 2016).
import { type Expression, lineEnds, parseExpression, type Units } from "./parse.ts";

/** How the time that an expression takes grows with the text. */
export type Growth = "linear" | "polynomial" | "exponential";

/** More repetitions than this count as any number: fewer multiply the time by no more than that. */
const fewRepetitions = 40;

/** How an expression's time grows, at worst. Looks ahead and behind are judged by themselves. */
export function growthOf(source: string, flags: string): Growth {
  const expression = parseExpression(source, flags);
  const worst = [expression, ...looksIn(expression)].map((part, index) => growthOfPart(part, flags, index > 0));
  return worst.includes("exponential") ? "exponential" : worst.includes("polynomial") ? "polynomial" : "linear";
}

function looksIn(expression: Expression): readonly Expression[] {
  switch (expression.type) {
    case "look":
      return [expression.body, ...looksIn(expression.body)];
    case "repeat":
      return looksIn(expression.body);
    case "sequence":
    case "choice":
      return expression.parts.flatMap(looksIn);
    default:
      return [];
  }
}

/** Where an expression's characters stand, and which may come after which. */
class Positions {
  readonly units: Units[] = [];
  /** In how many ways one position is followed by another. */
  readonly #follow: Map<number, number>[] = [];

  add(of: Units): number {
    this.#follow.push(new Map());
    return this.units.push(of) - 1;
  }

  join(lasts: readonly number[], firsts: readonly number[]): void {
    for (const last of lasts)
      for (const first of firsts) this.#follow[last]?.set(first, (this.#follow[last].get(first) ?? 0) + 1);
  }

  after(position: number): ReadonlyMap<number, number> {
    return this.#follow[position] ?? new Map<number, number>();
  }
}

interface Built {
  readonly firsts: readonly number[];
  readonly lasts: readonly number[];
  readonly isNullable: boolean;
}

const nothing: Built = { firsts: [], lasts: [], isNullable: true };

function build(expression: Expression, positions: Positions): Built {
  switch (expression.type) {
    case "one": {
      const position = positions.add(expression.of);
      return { firsts: [position], lasts: [position], isNullable: false };
    }
    case "sequence":
      return expression.parts.reduce((before, part) => chain(before, build(part, positions), positions), nothing);
    case "choice": {
      const parts = expression.parts.map((part) => build(part, positions));
      return {
        firsts: parts.flatMap(({ firsts }) => firsts),
        lasts: parts.flatMap(({ lasts }) => lasts),
        isNullable: parts.some(({ isNullable }) => isNullable),
      };
    }
    case "repeat":
      return repeat(expression, positions);
    default:
      return nothing;
  }
}

function chain(before: Built, after: Built, positions: Positions): Built {
  positions.join(before.lasts, after.firsts);
  return {
    firsts: before.isNullable ? [...before.firsts, ...after.firsts] : before.firsts,
    lasts: after.isNullable ? [...before.lasts, ...after.lasts] : after.lasts,
    isNullable: before.isNullable && after.isNullable,
  };
}

function repeat({ body, min, max }: Extract<Expression, { type: "repeat" }>, positions: Positions): Built {
  const built = build(body, positions);
  if (max > fewRepetitions) positions.join(built.lasts, built.firsts);
  return { ...built, isNullable: min === 0 || built.isNullable };
}

function growthOfPart(expression: Expression, flags: string, isLook: boolean): Growth {
  const positions = new Positions();
  const begin = positions.add([[0, 0xffff]]);
  const whole = build(expression, positions);
  positions.join([begin], whole.firsts);
  const atStart = beginsFixed(expression);
  if (atStart && flags.includes("m")) {
    const [before, lineEnd] = [positions.add([[0, 0xffff]]), positions.add(lineEnds)];
    positions.join([begin, before], [before, lineEnd]);
    positions.join([lineEnd], whole.firsts);
  } else if (!isLook && !atStart && !flags.includes("y")) positions.join([begin], [begin]); // any text may be before it
  // Where any text may follow, the search is over as soon as there is nothing more to be found.
  const isOver = new Set(hasEnd(expression) || isLook ? [] : whole.isNullable ? [begin, ...whole.lasts] : whole.lasts);
  const graph = new Graph(positions, isOver);
  return graph.isExponential() ? "exponential" : graph.isPolynomial() ? "polynomial" : "linear";
}

function beginsFixed(expression: Expression): boolean {
  switch (expression.type) {
    case "start":
      return true;
    case "sequence":
      return expression.parts[0] !== undefined && beginsFixed(expression.parts[0]);
    case "choice":
      return expression.parts.every(beginsFixed);
    default:
      return false;
  }
}

function hasEnd(expression: Expression): boolean {
  switch (expression.type) {
    case "end":
    case "boundary":
      return true;
    case "look":
      return expression.isAhead;
    case "sequence":
    case "choice":
      return expression.parts.some(hasEnd);
    case "repeat":
      return hasEnd(expression.body);
    default:
      return false;
  }
}

class Graph {
  readonly #masks: readonly bigint[];
  readonly #after: readonly (readonly number[])[];
  readonly #twice: readonly (readonly [number, number])[];

  constructor(positions: Positions, isOver: ReadonlySet<number>) {
    const edges = [...new Set(positions.units.flat().flatMap(([low, high]) => [low, high + 1]))];
    this.#masks = positions.units.map((units) =>
      edges.reduce((mask, unit, bit) => (isIn(unit, units) ? mask | (1n << BigInt(bit)) : mask), 0n),
    );
    const pairs = positions.units.map((_, from) => (isOver.has(from) ? [] : [...positions.after(from)]));
    this.#after = pairs.map((follow) => follow.map(([to]) => to));
    this.#twice = pairs.flatMap((follow, from) =>
      follow.filter(([, ways]) => ways > 1).map(([to]): [number, number] => [from, to]),
    );
  }

  /** A state from which two ways lead back to it over the same text. */
  isExponential(): boolean {
    if (this.#twice.some(([from, to]) => this.#reaches([to], [from]))) return true;
    return this.#after.some((_, state) =>
      this.#from([state, state]).some(([a = 0, b = 0]) => a !== b && this.#reaches([a, b], [state, state])),
    );
  }

  /** Two states with a text that leads from each to itself, and from the first to the second. */
  isPolynomial(): boolean {
    const loops = this.#after.flatMap((_, state) => (this.#reaches([state], [state]) ? [state] : []));
    return loops.some((p) =>
      loops.some(
        (q) =>
          p !== q && this.#reaches([p], [q]) && this.#reaches([p, q], [p, q]) && this.#reaches([p, p, q], [p, q, q]),
      ),
    );
  }

  #reaches(start: readonly number[], goal: readonly number[]): boolean {
    const wanted = goal.join();
    return this.#from(start).some((states) => states.join() === wanted);
  }

  /** Where states can be after one text that leads each of them somewhere. */
  #from(start: readonly number[]): readonly (readonly number[])[] {
    const found = new Map<string, readonly number[]>();
    const open = [start];
    for (let states = open.pop(); states !== undefined; states = open.pop())
      for (const next of this.#steps(states)) {
        const name = next.join();
        if (found.has(name)) continue;
        found.set(name, next);
        open.push(next);
      }
    return [...found.values()];
  }

  #steps(states: readonly number[]): readonly (readonly number[])[] {
    let tuples: { readonly states: readonly number[]; readonly mask: bigint }[] = [{ states: [], mask: -1n }];
    for (const state of states)
      tuples = tuples.flatMap((tuple) =>
        (this.#after[state] ?? [])
          .map((to) => ({ states: [...tuple.states, to], mask: tuple.mask & (this.#masks[to] ?? 0n) }))
          .filter(({ mask }) => mask !== 0n),
      );
    return tuples.map((tuple) => tuple.states);
  }
}

const isIn = (unit: number, units: Units): boolean => units.some(([low, high]) => low <= unit && unit <= high);
