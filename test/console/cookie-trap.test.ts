// A browser gives a cookie of 127.0.0.1 to every port there, and the local cloud serves deployed applications on some of
// them: here such an application tries what it can with the session of whoever looks at it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { openConsole, whyNoBrowser } from "./browser.ts";

/** An application on another port of this machine, which keeps the headers of the requests that it gets. */
async function openApplication(t: TestContext) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>application</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests }; // it listens on TCP
}

/** What the application's page tries against the console, as a text that its browser runs: the status of each, or that none came. */
const attempts = (console: string) => `(async () => {
  const tried = {};
  const attempt = async (name, path, options = {}) => {
    try {
      const response = await fetch("${console}" + path, { credentials: "include", ...options });
      tried[name] = { type: response.type, status: response.status, text: await response.text() };
    } catch (error) {
      tried[name] = { type: "failed", status: 0, text: "" };
    }
  };
  const simple = { method: "POST", mode: "no-cors", headers: { "content-type": "text/plain" } };
  await attempt("read", "/console/api/session");
  await attempt("read blindly", "/console/api/now", { mode: "no-cors" });
  await attempt("read with a header", "/console/api/now", { headers: { "x-sluice-session": "A".repeat(43) } });
  await attempt("act", "/console/api/actions/stop", { ...simple, body: '{"deploymentId":"d-ABCDEF123"}' });
  await attempt("stream", "/console/stream?topics=now", { mode: "no-cors" });
  tried.storage = localStorage.getItem("sluice-session");
  return tried;
})()`;

interface Tried {
  readonly type: string;
  readonly status: number;
  readonly text: string;
}

test(
  "a deployed application gets the cookie of whoever looks at it, and can do nothing with it",
  { skip: whyNoBrowser },
  async (t) => {
    const { logIn, url } = await openConsole(t);
    const application = await openApplication(t);
    const page = await logIn();
    const session = await page.evaluate<string | null>(`localStorage.getItem("sluice-session")`);
    const ownHeaders: Record<string, string>[] = [];
    page.on("request", (request) => {
      if (new URL(request.url()).pathname.startsWith("/console/api/")) ownHeaders.push(request.headers());
    });
    const console = await page.context().newPage();

    await console.goto(application.url);
    const { storage, ...tried } = await console.evaluate<{ storage: string | null } & Record<string, Tried>>(
      attempts(url),
    );
    await page.reload();
    await page.locator("main h1").waitFor();

    assert.match(session ?? "", /^[A-Za-z0-9_-]{43}$/);
    // The cookie's own path keeps it from the application's pages. One that asks for them gets it: that is the trap.
    await console.goto(`${application.url}console/`);
    const asked = application.requests.find((request) => request.url === "/console/");
    const [stolen = ""] = /sluice-session-\d+=[^;]+/.exec(asked?.headers.cookie ?? "") ?? [];
    assert.notEqual(stolen, "", "the browser has given the cookie to another port");
    for (const [name, { type, status, text }] of Object.entries(tried))
      assert(
        type === "failed" || (type === "opaque" && status === 0 && text === ""),
        `${name}: ${type} ${status} ${text}`,
      );
    assert.equal(storage, null, "the other half is not there");
    const headers = { cookie: stolen };
    assert.equal((await fetch(`${url}/console/api/session`, { headers })).status, 401);
    const guessed = { ...headers, "x-sluice-session": stolen.split("=")[1] ?? "" };
    assert.equal((await fetch(`${url}/console/api/session`, { headers: guessed })).status, 401);
    const both = { ...headers, "x-sluice-session": session ?? "" };
    assert.equal(
      (await fetch(`${url}/console/api/session`, { headers: both })).status,
      200,
      "both halves together open it",
    );
    assert(ownHeaders.length > 0 && ownHeaders.every((one) => one["x-sluice-session"] === session));
  },
);

test(
  "no other page can frame the console, open a window of it that it commands, or read its answers as scripts",
  { skip: whyNoBrowser },
  async (t) => {
    const { logIn, url } = await openConsole(t);
    const application = await openApplication(t);
    const page = await logIn();
    const other = await page.context().newPage();
    await other.goto(application.url);

    const seen = await other.evaluate<{ framed: string; script: string }>(`(async () => {
      const loaded = (element, url) => new Promise((resolve) => {
        element.onload = () => resolve("loaded");
        element.onerror = () => resolve("failed");
        element.src = url;
        document.body.append(element);
      });
      const frame = document.createElement("iframe");
      await loaded(frame, "${url}/");
      let framed;
      try { framed = String(frame.contentWindow.length) + String(frame.contentDocument?.title); } catch { framed = "closed"; }
      const script = await loaded(document.createElement("script"), "${url}/console/api/session");
      globalThis.opened = open("${url}/");
      return { framed, script };
    })()`);

    await other.waitForFunction("globalThis.opened === null || globalThis.opened.closed"); // cut off from its opener
    assert.equal(seen.script, "failed");
    assert.equal(seen.framed.includes("Sluice"), false, seen.framed);
  },
);
