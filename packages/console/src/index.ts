import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders, RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import { builtFolder } from "./built-folder.ts";
import { routeOf } from "./page-paths.ts";

/**
 * What a browser may do with the pages: run our own scripts and styles, ask our own server, and nothing else. No script makes
 * markup out of text: there is no policy of trusted types that could.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const headers = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=()",
};

const types: Readonly<Record<string, string>> = { js: "text/javascript", css: "text/css" };

/** A file as it is sent. */
interface Served {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/** Serves the console's pages: one document for every path of theirs, and its scripts and styles. What they show they ask of `/console/api`, which is the server's. */
export function consoleListener(): RequestListener {
  const folder = builtFolder();
  const files = new Map<string, Served>();
  const fileOf = (name: string): Served | undefined => {
    const found = files.get(name) ?? readServed(new URL(name, folder));
    if (found !== undefined) files.set(name, found);
    return found;
  };
  return (request, response) => {
    const [path = "/"] = (request.url ?? "/").split("?");
    const [, name, ending = ""] = /^\/console-assets\/([\w-]+\.(js|css))$/.exec(path) ?? [];
    const isPage = name === undefined && routeOf(path).page !== "missing";
    const served = isPage ? fileOf("index.html") : name === undefined ? undefined : fileOf(`assets/${name}`);
    if (served === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response
        .writeHead(404, { ...headers, "content-type": "text/plain; charset=utf-8" })
        .end("There is no such page\n");
      return;
    }
    const isGzipped = acceptsGzip(request.headers);
    const body = isGzipped ? served.gzipped : served.plain;
    response.writeHead(200, {
      ...headers,
      "content-type": `${isPage ? "text/html" : types[ending]}; charset=utf-8`,
      "content-length": body.length,
      // A script's name changes with what is in it; the document, which names the scripts, is asked for each time.
      "cache-control": isPage ? "no-store" : "public, max-age=31536000, immutable",
      vary: "accept-encoding",
      ...(isGzipped && { "content-encoding": "gzip" }),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

function readServed(file: URL): Served | undefined {
  try {
    const plain = readFileSync(file);
    return { plain, gzipped: gzipSync(plain, { level: 9 }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

const acceptsGzip = (given: IncomingHttpHeaders): boolean =>
  /\bgzip\b/.test((given["accept-encoding"] ?? "").slice(0, 200));
