import { invalid } from "./names.ts";

/** Things on a page unless fewer are wanted, which is also ECS's most. */
const pageMax = 100;

/** Returns one page of things; the token of the next one is where it begins. */
export function pageOf<Thing>(
  things: readonly Thing[],
  { maxResults = pageMax, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined },
  most = pageMax,
): { readonly items: Thing[]; readonly next: string | undefined } {
  const first = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(first) || first < 0 || (first > 0 && first >= things.length))
    throw invalid(`Invalid token: ${nextToken?.slice(0, 80)}`);
  if (!(maxResults >= 1 && maxResults <= most)) throw invalid(`maxResults must be between 1 and ${most}.`);
  const end = first + maxResults;
  return { items: things.slice(first, end), next: end < things.length ? String(end) : undefined };
}
