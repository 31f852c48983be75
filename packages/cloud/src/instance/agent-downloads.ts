import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { join } from "node:path";

const folder = join(import.meta.dirname, "agent-package");

/** The files of the agent's bucket below `latest/`. */
const objects = ["install", "codedeploy-agent", "codedeploy-agent.cjs"] as const;

/** The folder `latest` of the agent's bucket of any region, by each of S3's ways to write it. */
const places = [
  {
    host: /^aws-codedeploy-[a-z0-9-]+\.s3(?:[.-][a-z0-9.-]+)?\.amazonaws\.com(?:\.cn)?$/,
    path: /^(\/latest)\/([\w.-]+)$/,
  },
  {
    host: /^s3(?:[.-][a-z0-9.-]+)?\.amazonaws\.com(?:\.cn)?$/,
    path: /^(\/aws-codedeploy-[a-z0-9-]+\/latest)\/([\w.-]+)$/,
  },
] as const;

/** Longest Host header that is matched, in characters: names have at most 253. */
const hostLengthMax = 255;

/** Returns the folder and the name that a request asks for, or undefined when it asks for something else. */
function placeOf(host: string, path: string): { readonly folder: string; readonly name: string } | undefined {
  if (host.length > hostLengthMax) return undefined;
  for (const place of places) {
    const [, folder, name] = (place.host.test(host) && place.path.exec(path)) || [];
    if (folder !== undefined && name !== undefined) return { folder, name };
  }
  return undefined;
}

/** Serves what AWS keeps in its public buckets `aws-codedeploy-REGION`: our agent and the script that installs it. Other requests go on to `next`. */
export function withAgentDownloads(next: RequestListener, agentBundle: string): RequestListener {
  return (request, response) => {
    const host = request.headers.host?.toLowerCase() ?? "";
    const found = placeOf(host, (request.url ?? "/").split("?", 1)[0] ?? "/");
    const name = objects.find((object) => object === found?.name);
    if (found === undefined || (request.method !== "GET" && request.method !== "HEAD")) return next(request, response);
    const bytes = name === undefined ? undefined : contentOf(name, agentBundle, `https://${host}${found.folder}`);
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
