import { Fault } from "@sluice/aws-protocol";

/** Things on a page: EC2's own limit. */
const pageMax = 1000;

/** Returns one page of things with ids; the token of the next page is the id that it begins with. Throws a Fault for an invalid token. */
export function pageOf<Thing extends { readonly id: string }>(
  things: readonly Thing[],
  { MaxResults = pageMax, NextToken = "" }: { MaxResults?: number | undefined; NextToken?: string | undefined },
): { readonly items: readonly Thing[]; readonly next: string | undefined } {
  const first = NextToken === "" ? 0 : things.findIndex(({ id }) => id === NextToken);
  if (first < 0) throw new Fault("InvalidNextToken", `The token '${NextToken.slice(0, 80)}' is invalid`);
  if (!(MaxResults >= 1))
    throw new Fault(
      "InvalidParameterValue",
      `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value greater than 0.`,
    );
  const end = first + Math.min(MaxResults, pageMax);
  return { items: things.slice(first, end), next: things[end]?.id };
}
