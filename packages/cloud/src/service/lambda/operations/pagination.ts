import { badValue } from "../names.ts";

/** Items on a page of a list: Lambda's own limit. */
const pageMax = 50;

/** Returns a page of a list, after the item that a marker names. */
export function pageOf<Item>(
  all: readonly Item[],
  { Marker, MaxItems = pageMax }: { Marker?: string | undefined; MaxItems?: number | undefined },
  nameOf: (item: Item) => string,
): { readonly items: readonly Item[]; readonly next: { NextMarker?: string } } {
  const before = Marker === undefined ? -1 : all.findIndex((item) => nameOf(item) === Marker);
  if (Marker !== undefined && before < 0) throw badValue("Invalid Marker.");
  const items = all.slice(before + 1, before + 1 + Math.max(1, Math.min(MaxItems, pageMax)));
  const last = items.at(-1);
  const isMore = before + 1 + items.length < all.length;
  return { items, next: isMore && last !== undefined ? { NextMarker: nameOf(last) } : {} };
}
