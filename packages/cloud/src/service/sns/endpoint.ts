import { Fault } from "@sluice/aws-protocol";

/** Whether an address is this machine's own. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    /^127(\.\d{1,3}){3}$/.test(hostname) ||
    hostname === "[::1]"
  );
}

/** Checks an endpoint: a local cloud sends messages to its own machine only, so that it cannot be used to reach others. */
export function checkedEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== "http:")
    throw new Fault("InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol");
  if (url.username !== "" || url.password !== "")
    throw new Fault("InvalidParameter", "Invalid parameter: Endpoint must not contain credentials");
  if (!isLoopback(url.hostname))
    throw new Fault(
      "InvalidParameter",
      `Invalid parameter: Unreachable Endpoint: the local cloud delivers to this machine only, and '${url.hostname}' is another`,
    );
  return url;
}
