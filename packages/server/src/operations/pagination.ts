import { createHash } from "node:crypto";
import { pageSize } from "../limits.ts";
import { fault } from "../faults.ts";

/** The request of a list: a token is valid for the same request only (api.md §1.6). */
export type Scope = readonly unknown[];

/** The position of a page: a number and a text with a meaning for the list alone. */
export type Position = readonly [number: number, text: string];

/**
 * Returns one page of a list. The token names the last item before the next page, so that items that are added or
 * removed in the meantime shift nothing.
 */
export function page<Item extends string>(
  items: readonly Item[],
  nextToken: string | undefined,
  scope: Scope,
): { readonly items: Item[]; readonly nextToken: string | undefined } {
  const start = nextToken === undefined ? 0 : startAfter(items, readToken(nextToken, scope));
  const end = start + pageSize;
  const last = items[end - 1];
  const token = end < items.length && last !== undefined ? writeToken([end, last], scope) : undefined;
  return { items: items.slice(start, end), nextToken: token };
}

function startAfter(items: readonly string[], [index, last]: Position): number {
  const position = items.indexOf(last);
  return position < 0 ? index : position + 1;
}

/** Returns the token for the page after a position. */
export const writeToken = (position: Position, scope: Scope): string =>
  Buffer.from(JSON.stringify([digest(scope), ...position])).toString("base64url");

/**
 * Returns the position of a token. Throws InvalidNextToken for a token that is not ours, or belongs to another request.
 */
export function readToken(token: string, scope: Scope): Position {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (
      Array.isArray(value) &&
      value[0] === digest(scope) &&
      Number.isSafeInteger(value[1]) &&
      Number(value[1]) >= 0 &&
      typeof value[2] === "string"
    )
      return [Number(value[1]), value[2]];
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw fault("InvalidNextToken", "The next token was specified in an invalid format, or belongs to another request");
}

const digest = (scope: Scope): string =>
  createHash("sha256").update(JSON.stringify(scope)).digest("base64url").slice(0, 12);
