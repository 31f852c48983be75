import { Fault } from "@sluice/aws-protocol";

/** AWS's answer to a revision that is not the present one. */
export function staleRevision(): Fault {
  return new Fault(
    "PreconditionFailedException",
    "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
  );
}
