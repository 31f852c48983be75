import type { Authorization } from "./authorization.ts";
import type { Service, ServiceRequest } from "./service.ts";

/** A request as far as it tells which service it is for. */
export interface AddressedRequest extends Pick<ServiceRequest, "method" | "path" | "query" | "headers"> {
  /** The `Version` that a form body names; asked for only where nothing else tells services apart. */
  readonly formVersion: () => Promise<string | undefined>;
}

/** By credential scope first; a query service's version tells apart those that share a name; an unsigned request by what it speaks. */
export function chooseService(
  services: readonly Service[],
  request: AddressedRequest,
  authorization: Authorization | "malformed" | undefined,
): Service | undefined | Promise<Service | undefined> {
  if (authorization === undefined || authorization === "malformed")
    return chooseUnsigned(services, request, authorization);
  const named = services.filter(({ signingNames }) => signingNames.includes(authorization.service));
  return named.length < 2 ? named[0] : ofVersion(named, request).then((service) => service ?? named[0]);
}

async function chooseUnsigned(
  services: readonly Service[],
  request: AddressedRequest,
  authorization: "malformed" | undefined,
): Promise<Service | undefined> {
  const { query, headers, path, method } = request;
  const target = headers["x-amz-target"];
  if (typeof target === "string")
    return services.find(({ targetPrefixes }) => targetPrefixes.includes(target.split(".", 1)[0] ?? ""));
  if (query.has("Action")) return ofVersion(services, request);
  if (path === "/" && isForm(request))
    return (await ofVersion(services, request)) ?? services.find(({ protocol }) => protocol === "query");
  const byPath = services.find(({ routes }) => routes?.({ method, path, query, headers }) === true);
  if (byPath !== undefined) return byPath;
  const isForS3 =
    bucketOfHost(headers.host) !== undefined ||
    authorization === "malformed" ||
    /x-amz-|aws-sdk|aws-cli|boto/i.test(`${Object.keys(headers).join(" ")} ${headers["user-agent"]}`);
  return isForS3 ? services.find(({ protocol }) => protocol === "rest-xml") : undefined;
}

/** The bucket that a virtual-host request names in its Host header. */
export function bucketOfHost(host = ""): string | undefined {
  return /^(.+?)\.(?:s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?|s3\.localhost|s3\.[a-z0-9-]+\.localhost|localhost)(?::\d+)?$/.exec(
    host,
  )?.[1];
}

async function ofVersion(services: readonly Service[], request: AddressedRequest): Promise<Service | undefined> {
  const version = request.query.get("Version") ?? (isForm(request) ? await request.formVersion() : undefined);
  return services.find((service) => service.version !== undefined && service.version === version);
}

const isForm = ({ headers }: AddressedRequest) =>
  headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
