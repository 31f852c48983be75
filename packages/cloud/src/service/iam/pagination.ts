import { Fault } from "@sluice/aws-protocol";

/** Default and largest page: IAM's figures. */
const pageSize = 100;
const pageSizeMax = 1000;

/** Returns one page of a list in order of names. The marker names the last item before it, so that items that come or go meanwhile shift nothing. */
export function page<Item>(
  items: readonly Item[],
  { Marker, MaxItems = pageSize }: { readonly Marker?: string | undefined; readonly MaxItems?: number | undefined },
  nameOf: (item: Item) => string,
): { readonly items: Item[]; readonly IsTruncated: boolean; readonly Marker: string | undefined } {
  if (!(MaxItems >= 1 && MaxItems <= pageSizeMax))
    throw new Fault("ValidationError", `MaxItems must be a number from 1 to ${pageSizeMax}, and is ${MaxItems}`);
  const last = Marker === undefined ? undefined : Buffer.from(Marker, "base64url").toString("utf8");
  if (last !== undefined && Buffer.from(last).toString("base64url") !== Marker)
    throw new Fault("ValidationError", "Invalid Marker.");
  const order = (name: string) => name.toLowerCase();
  const rest = items
    .toSorted((a, b) => (order(nameOf(a)) < order(nameOf(b)) ? -1 : 1))
    .filter((item) => last === undefined || order(nameOf(item)) > order(last));
  const shown = rest.slice(0, MaxItems);
  const end = shown.at(-1);
  const IsTruncated = rest.length > shown.length;
  return {
    items: shown,
    IsTruncated,
    Marker: IsTruncated && end !== undefined ? Buffer.from(nameOf(end)).toString("base64url") : undefined,
  };
}
