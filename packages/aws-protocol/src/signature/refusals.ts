import { Fault } from "../fault.ts";

/** Why a request is refused before its service sees it. */
export type Refusal =
  | "unsigned"
  | "unknown key"
  | "wrong signature"
  | "malformed signature"
  | "skewed clock"
  | "expired link"
  | "bad token"
  | "expired token"
  | "wrong body";

type Codes = Readonly<Record<Refusal, string>>;

const json: Codes = {
  unsigned: "MissingAuthenticationTokenException",
  "unknown key": "UnrecognizedClientException",
  "wrong signature": "InvalidSignatureException",
  "malformed signature": "IncompleteSignatureException",
  "skewed clock": "InvalidSignatureException",
  "expired link": "InvalidSignatureException",
  "bad token": "UnrecognizedClientException",
  "expired token": "ExpiredTokenException",
  "wrong body": "InvalidSignatureException",
};

const query: Codes = {
  unsigned: "MissingAuthenticationToken",
  "unknown key": "InvalidClientTokenId",
  "wrong signature": "SignatureDoesNotMatch",
  "malformed signature": "IncompleteSignature",
  "skewed clock": "SignatureDoesNotMatch",
  "expired link": "RequestExpired",
  "bad token": "InvalidClientTokenId",
  "expired token": "ExpiredToken",
  "wrong body": "SignatureDoesNotMatch",
};

const codes: Readonly<Record<string, Codes>> = {
  json,
  "rest-json": json,
  query,
  ec2: {
    ...query,
    "unknown key": "AuthFailure",
    "wrong signature": "AuthFailure",
    "skewed clock": "RequestExpired",
    "bad token": "AuthFailure",
    "wrong body": "AuthFailure",
  },
  "rest-xml": {
    unsigned: "AccessDenied",
    "unknown key": "InvalidAccessKeyId",
    "wrong signature": "SignatureDoesNotMatch",
    "malformed signature": "AuthorizationHeaderMalformed",
    "skewed clock": "RequestTimeTooSkewed",
    "expired link": "AccessDenied",
    "bad token": "InvalidToken",
    "expired token": "ExpiredToken",
    "wrong body": "XAmzContentSHA256Mismatch",
  },
};

const statuses: Readonly<Record<string, number>> = {
  json: 400,
  "rest-json": 403,
  query: 403,
  ec2: 401,
  "rest-xml": 403,
};

/** Returns the fault of a refusal in a service's protocol (api.md §1.3). */
export function refusal(protocol: string, why: Refusal, message: string): Fault {
  const status =
    protocol === "rest-xml" && (why === "malformed signature" || why === "wrong body" || why === "expired token")
      ? 400
      : (statuses[protocol] ?? 400);
  return new Fault(codes[protocol]?.[why] ?? json[why], message, { status });
}
