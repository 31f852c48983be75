import type { Authorization } from "../signature/authorization.ts";
import type { Service, ServiceRequest } from "../service/service.ts";

/** The parts of a request that tell which service it is for. */
export interface AddressedRequest extends Pick<ServiceRequest, "method" | "path" | "query" | "headers"> {
  /** Reads the `Version` of a form body; called only when nothing else tells services apart. */
  readonly formVersion: () => Promise<string | undefined>;
}

/** Chooses by the credential scope; among query services of one name by the version; for an unsigned request by its target, action or path. */
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

/** Longest Host header that is accepted, in characters: DNS names have at most 253. */
export const hostLengthMax = 255;

/** Returns the bucket that a virtual-host request names in its Host header. Not by one RegExp: a bucket's name may contain the separators. */
export function bucketOfHost(host = ""): string | undefined {
  if (host.length > hostLengthMax) return undefined;
  const name = host.replace(/:\d+$/, "");
  const [, end] = /\.(localhost|amazonaws\.com(?:\.cn)?)$/.exec(name) ?? [];
  if (end === undefined) return undefined;
  const before = name.slice(0, -end.length - 1);
  return (end === "localhost" ? beforeOurs(before) : beforeAws(before)) || undefined;
}

/** Returns what precedes `.s3` or `.s3.REGION`, or the whole name. */
function beforeOurs(name: string): string {
  const labels = name.split(".");
  const [last = ""] = labels.slice(-1);
  const isRegional = labels.length > 2 && labels.at(-2) === "s3" && /^[a-z0-9-]+$/.test(last);
  if (isRegional) return labels.slice(0, -2).join(".");
  return labels.length > 1 && last === "s3" ? labels.slice(0, -1).join(".") : name;
}

/** Returns what precedes the first `.s3` that ends the name or begins S3's own labels, such as `.s3-fips.dualstack.us-east-1`. */
function beforeAws(name: string): string | undefined {
  let plain = name.length;
  while (plain > 0 && /[a-z0-9.-]/.test(name.charAt(plain - 1))) plain -= 1;
  for (let at = name.indexOf(".s3", Math.max(1, plain)); at !== -1; at = name.indexOf(".s3", at + 1)) {
    const rest = name.slice(at + ".s3".length, at + ".s3".length + 2);
    if (rest === "" || /^[.-]./.test(rest)) return name.slice(0, at);
  }
  return undefined;
}

async function ofVersion(services: readonly Service[], request: AddressedRequest): Promise<Service | undefined> {
  const version = request.query.get("Version") ?? (isForm(request) ? await request.formVersion() : undefined);
  return services.find((service) => service.version !== undefined && service.version === version);
}

const isForm = ({ headers }: AddressedRequest) =>
  headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
