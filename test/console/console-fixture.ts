import { request } from "node:http";
import type { TestContext } from "node:test";
import type { NewSession, Problem } from "@sluice/server/console-contract";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { type Credentials, openServerFixture, region } from "../support/server-fixture.ts";

/** Both halves of a session, as a browser keeps them. */
export interface BrowserSession {
  /** `name=value` of the cookie. */
  readonly cookie: string;
  readonly session: string;
}

/** An answer as it came. */
export interface Reply<Body = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
  readonly text: string;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly as?: BrowserSession | undefined;
}

/** A control plane with a local cloud, and ways to ask its console's endpoints as a browser would. */
export async function openConsoleFixture(t: TestContext, options: Parameters<typeof openServerFixture>[1] = {}) {
  const fixture = await openServerFixture(t, options);
  const { url } = fixture;

  /** Sends a request with any headers at all: fetch would set some itself. */
  const ask = <Body = Problem>(path: string, { method = "GET", headers = {}, body, as }: Asking = {}) =>
    new Promise<Reply<Body>>((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const sent = {
        ...(as === undefined ? {} : { cookie: as.cookie, "x-sluice-session": as.session }),
        ...(text === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        ...headers,
      };
      const asked = request(new URL(path, url), { method, headers: sent, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const reply = Buffer.concat(chunks).toString("utf8");
          const isJson = String(response.headers["content-type"]).startsWith("application/json");
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: (isJson ? JSON.parse(reply) : undefined) as Body, // what the caller has asked for
            text: reply,
          });
        });
      });
      asked.on("error", reject).end(text);
    });

  /** Asks for a code as `sluice console` does. */
  const newCode = async (credentials: Credentials = fixture.administrator) => {
    const body = "{}";
    const headers = signHeaders({
      method: "POST",
      url: new URL("/", url),
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Sluice_20261124.CreateConsoleCode" },
      body,
      credentials,
      region,
      service: "sluice",
      now: new Date((options.clock ?? Date.now)()),
    });
    const response = await fetch(new URL("/", url), { method: "POST", headers, body });
    return {
      status: response.status,
      ...((await response.json()) as { code?: string; expiresAt?: number; message?: string }),
    }; // the operation's output, or its fault
  };

  /** Spends a code. */
  const spend = (code: string, headers: Readonly<Record<string, string>> = {}) =>
    ask<NewSession & Problem>("/console/api/session", { method: "POST", body: { code }, headers });

  /** Logs in with a key. */
  const logIn = async (credentials?: Credentials): Promise<BrowserSession> => {
    const { code = "" } = await newCode(credentials);
    const { headers, body } = await spend(code);
    return { cookie: String(headers["set-cookie"]).split(";", 1)[0] ?? "", session: body.session };
  };
  return { ...fixture, ask, newCode, spend, logIn };
}

export type ConsoleFixture = Awaited<ReturnType<typeof openConsoleFixture>>;
