import { Fault } from "@sluice/aws-protocol";

/** Default and largest page: Auto Scaling's limits. */
const pageDefault = 50;
const pageMax = 100;

/** Returns one page, and the token of the next: the position where it begins. */
export function pageOf<Thing>(
  things: readonly Thing[],
  { MaxRecords = pageDefault, NextToken }: { MaxRecords?: number | undefined; NextToken?: string | undefined },
): { readonly items: Thing[]; readonly next: string | undefined } {
  const first = NextToken === undefined ? 0 : Number(NextToken);
  if (!Number.isInteger(first) || first < 0 || (first > 0 && first >= things.length))
    throw new Fault("InvalidNextToken", `The token '${NextToken?.slice(0, 80)}' is invalid`);
  if (!(MaxRecords >= 1)) throw new Fault("ValidationError", `MaxRecords must be at least 1, and is ${MaxRecords}`);
  const end = first + Math.min(MaxRecords, pageMax);
  return { items: things.slice(first, end), next: end < things.length ? String(end) : undefined };
}
