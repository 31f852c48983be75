import { Fault } from "@sluice/aws-protocol";

/** Returns AWS's fault for a revision that is not the current one. */
export function staleRevision(): Fault {
  return new Fault(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  );
}
