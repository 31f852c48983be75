import { invalidParameter } from "./context.ts";

/** Items on a page unless the caller wants fewer or more, and most there may be: ECR's own figures. */
const pageSize = 100;
const pageSizeMax = 1_000;

/** One page of a list in order of names. The token names the last item before it, so that items that come or go meanwhile shift nothing. */
export function page<Item>(
  items: readonly Item[],
  { maxResults = pageSize, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined },
  nameOf: (item: Item) => string,
): { readonly items: Item[]; readonly nextToken: string | undefined } {
  if (!(maxResults >= 1 && maxResults <= pageSizeMax))
    throw invalidParameter("maxResults", `Member must have value between 1 and ${pageSizeMax}`);
  const last = nextToken === undefined ? undefined : Buffer.from(nextToken, "base64url").toString("utf8");
  if (last !== undefined && Buffer.from(last).toString("base64url") !== nextToken)
    throw invalidParameter("nextToken", "must be a token of an earlier response");
  const rest = items
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .filter((item) => last === undefined || nameOf(item) > last);
  const shown = rest.slice(0, maxResults);
  const end = shown.at(-1);
  const isLast = shown.length === rest.length || end === undefined;
  return { items: shown, nextToken: isLast ? undefined : Buffer.from(nameOf(end)).toString("base64url") };
}
