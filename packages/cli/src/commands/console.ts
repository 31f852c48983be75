import { spawn } from "node:child_process";
import { printable } from "@sluice/aws-protocol/printable";
import type { Endpoint } from "../endpoint.ts";
import { callSluice } from "../sluice-call.ts";

/** The address that opens the console with a code. Behind `#` it goes into no log, no proxy and no Referer. */
export function consoleLink(url: string, code: string): string {
  const page = new URL("/", url);
  // A server that listens everywhere is asked under an address, which a browser may be sent to.
  if (page.hostname === "0.0.0.0" || page.hostname === "[::]") page.hostname = "127.0.0.1";
  return `${page.href}#c=${code}`;
}

/** Asks for a code with the caller's own key. Returns the link that opens the console, once, within a minute. */
export async function newConsoleLink(endpoint: Endpoint): Promise<string> {
  const { code } = (await callSluice(endpoint, "CreateConsoleCode", {})) as { readonly code: unknown }; // the operation's output
  if (typeof code !== "string" || !/^[A-Za-z0-9_-]{20,100}$/.test(code))
    throw new Error(`Cannot open the console: the server's code is ${printable(JSON.stringify(code), 100)}`);
  return consoleLink(endpoint.url ?? "", code);
}

/** Opens a link in the desktop's browser, if there is one. Whether there was. */
export function openInBrowser(link: string): Promise<boolean> {
  return new Promise((resolve) => {
    const opener = spawn("xdg-open", [link], { stdio: "ignore", detached: true });
    opener.once("error", () => resolve(false)); // a machine without a desktop has none
    opener.once("spawn", () => {
      opener.unref();
      resolve(true);
    });
  });
}
