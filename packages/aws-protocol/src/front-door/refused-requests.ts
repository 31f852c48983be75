import type { Authorization } from "../signature/authorization.ts";
import type { ServiceResponse } from "../service/service.ts";
import { hostLengthMax } from "./choose-service.ts";

/** How many parameters a query may have, far above any client's: reading them takes time, and nothing is verified yet. */
export const queryParametersMax = 1_000;

/** The response to a request that is refused before anything else of it is looked at. */
export const beyondLimits: ServiceResponse = {
  status: 400,
  headers: { "x-amzn-ErrorType": "BadRequest" },
  body: `The Host header must have at most ${hostLengthMax} characters, and the query at most ${queryParametersMax} parameters\n`,
  fault: "BadRequest",
};

/** The response to a request under a name that is not this server's. It does not repeat the name. */
export const misdirected: ServiceResponse = {
  status: 421,
  headers: { "x-amzn-ErrorType": "MisdirectedRequest", "content-type": "text/plain; charset=utf-8" },
  body: "This server has not the name under which it was asked. Names besides localhost and its own addresses are set with --host-names\n",
  fault: "MisdirectedRequest",
};

/** The response to a request that is signed for a service that is not here. */
export function unknownService(authorization: Authorization | "malformed", requestId: string): ServiceResponse {
  const name =
    authorization === "malformed" ? "that the request is for" : `"${authorization.service}" of the credential scope`;
  const message = `There is no service ${name} here`;
  return {
    status: 404,
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amzn-RequestId": requestId,
      "x-amzn-ErrorType": "UnknownServiceException",
    },
    body: JSON.stringify({ __type: "UnknownServiceException", message }),
    fault: "UnknownServiceException",
  };
}
