import { fits, type Pattern, patternOf, readPattern, type Token, tokensOf } from "../wildcards.ts";

/** The condition keys of a request, in lower case. A key has several values where AWS calls it multivalued. */
export type Context = ReadonlyMap<string, readonly string[]>;

/** Whether a text matches a pattern with `*` and `?`. Variables are replaced by literal values of the context; one that it lacks matches nothing. */
export function matches(pattern: string, text: string, variables?: Context): boolean {
  const read = variables === undefined ? readPattern(pattern, signs) : withVariables(pattern, variables);
  return read !== undefined && fits(text, read);
}

const signs = { hasOneCharacter: true, hasEscapes: false };

/** A variable. Names have no braces, so that a text of nothing but `${` is scanned in linear time. */
const variable = /\$\{([^{}]*)\}/g;

/** Replaces a text's variables. Returns undefined when the context lacks one. */
export function expand(text: string, variables: Context | undefined): string | undefined {
  if (variables === undefined) return text;
  let isWhole = true;
  const expanded = text.replaceAll(variable, (_, name: string) => {
    const value = valueOf(name, variables);
    if (value === undefined) isWhole = false;
    return value ?? "";
  });
  return isWhole ? expanded : undefined;
}

function withVariables(pattern: string, variables: Context): Pattern | undefined {
  const tokens: Token[] = [];
  let at = 0;
  for (const { 0: whole, 1: name = "", index } of pattern.matchAll(variable)) {
    const value = valueOf(name, variables);
    if (value === undefined) return undefined;
    tokens.push(...tokensOf(pattern.slice(at, index), signs), value);
    at = index + whole.length;
  }
  return patternOf([...tokens, ...tokensOf(pattern.slice(at), signs)]);
}

/** `${*}`, `${?}` and `${$}` stand for the sign itself; `${key, 'text'}` has a text for when the key is missing. */
function valueOf(name: string, variables: Context): string | undefined {
  if (name === "*" || name === "?" || name === "$") return name;
  const comma = name.indexOf(",");
  const [, otherwise] = comma < 1 ? [] : (/^'([^']*)'$/.exec(name.slice(comma + 1).trimStart()) ?? []);
  const key = otherwise === undefined ? name : name.slice(0, comma).trimEnd();
  return variables.get(key.toLowerCase())?.[0] ?? otherwise;
}
