import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";

const folder = join(import.meta.dirname, "agent-package");

/** What the bucket of the agent holds below `latest/`. */
const objects = ["install", "codedeploy-agent", "codedeploy-agent.cjs"] as const;

/** The folder `latest` of the agent's bucket of any region, by each of S3's ways to write it. */
const places = [
  /^(?<host>aws-codedeploy-[a-z0-9-]+\.s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?) (?<folder>\/latest)\/(?<name>[\w.-]+)$/,
  /^(?<host>s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?) (?<folder>\/aws-codedeploy-[a-z0-9-]+\/latest)\/(?<name>[\w.-]+)$/,
];

/** Serves what AWS keeps in its public buckets `aws-codedeploy-REGION`: our agent and the script that installs it. Other requests go on to `next`. */
export function withAgentDownloads(next: RequestListener, agentBundle: string): RequestListener {
  return (request, response) => {
    const { host = "" } = request.headers;
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const found = places.map((place) => place.exec(`${host.toLowerCase()} ${path}`)?.groups).find(Boolean);
    const name = objects.find((object) => object === found?.["name"]);
    if (found === undefined || (request.method !== "GET" && request.method !== "HEAD")) return next(request, response);
    const bytes =
      name === undefined ? undefined : contentOf(name, agentBundle, `https://${found["host"]}${found["folder"]}`);
    response.writeHead(bytes === undefined ? 404 : 200, {
      "content-type": bytes === undefined ? "application/xml" : "binary/octet-stream",
      "content-length": bytes?.length ?? 0,
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
  };
}

function contentOf(name: (typeof objects)[number], agentBundle: string, base: string): Buffer {
  if (name === "codedeploy-agent.cjs") return readFileSync(agentBundle);
  const bytes = readFileSync(join(folder, name));
  return name === "install" ? Buffer.from(bytes.toString("utf8").replace("@BASE@", base)) : bytes;
}
