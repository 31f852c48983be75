import { Fault, type ServiceResponse } from "@sluice/aws-protocol";

/** A refusal in the registry's own words (OCI distribution specification, "Error codes"). */
export function registryFault(code: RegistryCode, message: string, status: number = statuses[code]): Fault {
  return new Fault(code, message, { status });
}

/** The codes of the distribution specification that are used here. */
export type RegistryCode = keyof typeof statuses;

const statuses = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 413,
  TAG_INVALID: 400,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNKNOWN: 500,
  UNSUPPORTED: 405,
} as const;

/** ECR's faults, as its registry words them. */
const ofEcr: Readonly<Record<string, RegistryCode>> = {
  AccessDeniedException: "DENIED",
  ImageDigestDoesNotMatchException: "DIGEST_INVALID",
  ImageTagAlreadyExistsException: "TAG_INVALID",
  InvalidParameterException: "MANIFEST_INVALID",
  LayersNotFoundException: "MANIFEST_BLOB_UNKNOWN",
  ReferencedImagesNotFoundException: "MANIFEST_BLOB_UNKNOWN",
  RepositoryNotFoundException: "NAME_UNKNOWN",
  RequestEntityTooLargeException: "SIZE_INVALID",
};

/** Every response of a registry names the protocol. */
export const apiVersion = { "docker-distribution-api-version": "registry/2.0" } as const;

/** A fault as a registry's clients read it. */
export function faultResponse(fault: Fault, headers: Readonly<Record<string, string>> = {}): ServiceResponse {
  const code = ofEcr[fault.code] ?? fault.code;
  const status = Object.hasOwn(statuses, code) ? statuses[code as RegistryCode] : 400;
  return {
    status: ofEcr[fault.code] === undefined ? (fault.status ?? status) : status,
    headers: { "content-type": "application/json", ...apiVersion, ...headers },
    body: JSON.stringify({ errors: [{ code, message: fault.message }] }),
    fault: code,
  };
}
