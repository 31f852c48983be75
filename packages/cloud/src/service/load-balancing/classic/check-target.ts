import { Fault } from "@sluice/aws-protocol";

/** Parses the target of a health check, such as `HTTP:8080/index.html` or `TCP:8080`. Throws a Fault for anything else. */
export function parseCheckTarget(target: string): {
  readonly protocol: "HTTP" | "TCP";
  readonly port: number;
  readonly path: string;
} {
  const [, protocol, digits, path = "/"] = /^(HTTP|TCP):(\d{1,5})(\/[!-~]{0,1023})?$/.exec(target) ?? [];
  const port = Number(digits);
  if ((protocol !== "HTTP" && protocol !== "TCP") || port < 1 || port > 65_535)
    throw new Fault(
      "ValidationError",
      `HealthCheck Target '${target}' is not valid: expected 'HTTP:port/path' or 'TCP:port'`,
    );
  if (protocol === "HTTP" && !target.includes("/"))
    throw new Fault(
      "ValidationError",
      "HealthCheck HTTP Target must specify a port followed by a path that begins with a slash. e.g. HTTP:80/ping/this/path",
    );
  return { protocol, port, path };
}
