import { pageSize } from "../choices.ts";
import { fault } from "../faults.ts";

/** One page of a list. The token names the last item before it, so that items that come or go meanwhile shift nothing. */
export function page<Item extends string>(
  items: readonly Item[],
  nextToken: string | undefined,
): { readonly items: Item[]; readonly nextToken: string | undefined } {
  const start = nextToken === undefined ? 0 : startAfter(items, nextToken);
  const end = start + pageSize;
  const last = items[end - 1];
  const token =
    end < items.length && last !== undefined
      ? Buffer.from(JSON.stringify([end, last])).toString("base64url")
      : undefined;
  return { items: items.slice(start, end), nextToken: token };
}

function startAfter(items: readonly string[], nextToken: string): number {
  const [index, last] = parse(nextToken);
  const found = items.indexOf(last);
  return found < 0 ? index : found + 1;
}

function parse(token: string): readonly [number, string] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "string")
      return [value[0], value[1]];
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw fault("InvalidNextToken", "The next token was specified in an invalid format");
}
