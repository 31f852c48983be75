/** What a request tells of itself, by condition key in small letters. A key has several values where AWS calls it multivalued. */
export type Context = ReadonlyMap<string, readonly string[]>;

const any = Symbol("*");
const one = Symbol("?");

type Token = string | typeof any | typeof one;

/** Whether a text has the form of a pattern with `*` and `?`. Variables stand for what the context says, letter by letter; one that it does not say matches nothing. */
export function matches(pattern: string, text: string, variables?: Context): boolean {
  const tokens = tokensOf(pattern, variables);
  return tokens !== undefined && matchesTokens(tokens, text);
}

/** A text with its variables replaced; undefined when the context lacks one. */
export function expand(text: string, variables: Context | undefined): string | undefined {
  if (variables === undefined) return text;
  let isWhole = true;
  const expanded = text.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = valueOf(name, variables);
    if (value === undefined) isWhole = false;
    return value ?? "";
  });
  return isWhole ? expanded : undefined;
}

function tokensOf(pattern: string, variables: Context | undefined): readonly Token[] | undefined {
  const tokens: Token[] = [];
  for (const [part] of pattern.matchAll(variables === undefined ? /[^]/g : /\$\{[^}]*\}|[^]/g)) {
    if (part === "*") tokens.push(any);
    else if (part === "?") tokens.push(one);
    else if (part.length === 1) tokens.push(part);
    else {
      const value = valueOf(part.slice(2, -1), variables);
      if (value === undefined) return undefined;
      tokens.push(...value.split(""));
    }
  }
  return tokens;
}

/** `${*}`, `${?}` and `${$}` stand for the sign itself; `${key, 'text'}` has a text for when the key is missing. */
function valueOf(name: string, variables: Context | undefined): string | undefined {
  if (name === "*" || name === "?" || name === "$") return name;
  const [, key = name, otherwise] = /^([^,]+?)\s*,\s*'([^']*)'$/.exec(name) ?? [];
  return variables?.get(key.toLowerCase())?.[0] ?? otherwise;
}

/** Goes back to the last `*` alone, so that no pattern takes longer than its length times the text's. */
function matchesTokens(tokens: readonly Token[], text: string): boolean {
  let [at, token] = [0, 0];
  let [star, starAt] = [-1, 0];
  while (at < text.length) {
    const wanted = tokens[token];
    if (wanted === any) {
      star = token;
      starAt = at;
      token += 1;
    } else if (wanted === one || wanted === text[at]) {
      at += 1;
      token += 1;
    } else if (star >= 0) {
      starAt += 1;
      at = starAt;
      token = star + 1;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === any);
}
