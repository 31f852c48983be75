import type { IncomingMessage } from "node:http";
import type { AccessKeys } from "@sluice/aws-protocol";
import type { NewSession, Session } from "./contract.ts";
import { readObject, textIn } from "./http/body.ts";
import { requireJson } from "./http/gate.ts";
import { ConsoleProblem } from "./http/problem.ts";
import type { Transport } from "./http/transport.ts";
import type { Viewer } from "./rights/viewer.ts";
import type { ConsoleCodes } from "./sessions/codes.ts";
import { removeCookie, setCookie } from "./sessions/cookies.ts";
import { type ConsoleSession, idleMilliseconds, type Sessions } from "./sessions/sessions.ts";

/** What sessions begin and end with. */
export interface SessionContext {
  readonly codes: ConsoleCodes;
  readonly sessions: Sessions;
  readonly keys: AccessKeys;
  readonly clock: () => number;
  readonly accountId: string;
  readonly region: string;
  readonly version: string;
  /** Writes the beginning and the end of a session into the audit log. */
  readonly record: (about: SessionChange) => Promise<void>;
}

/** A session that has begun or ended, or a code that was refused. */
export interface SessionChange {
  readonly operation: "BeginConsoleSession" | "EndConsoleSession";
  readonly principalArn: string;
  readonly accessKeyId: string;
  readonly sessionId: string | undefined;
  readonly requestId: string;
  readonly sourceIp: string | undefined;
  readonly outcome: string;
}

/** The longest name that a browser gives itself which is kept, in characters. */
const userAgentLengthMax = 200;

/** The longest body with a code, in bytes: anybody may send one, on very many connections. */
const codeBytesMax = 1_024;

/** Spends a code: the answer has one half of the session, and the cookie the other. Throws for a code that is not good. */
export async function beginSession(
  request: IncomingMessage,
  { codes, sessions, record }: SessionContext,
  { transport, requestId }: { readonly transport: Transport; readonly requestId: string },
): Promise<{ readonly body: NewSession; readonly cookie: string }> {
  requireJson(request);
  const code = textIn(await readObject(request, codeBytesMax), "code", 100);
  const sourceIp = request.socket.remoteAddress?.replace(/^::ffff:/, "");
  const userAgent = request.headers["user-agent"]?.slice(0, userAgentLengthMax);
  const accessKeyId = codes.spend(code);
  const begun = accessKeyId === undefined ? undefined : await sessions.begin(accessKeyId, { sourceIp, userAgent });
  const about = { operation: "BeginConsoleSession", requestId, sourceIp } as const;
  if (begun === undefined) {
    const nobody = { principalArn: "anonymous", accessKeyId: accessKeyId ?? "", sessionId: undefined };
    if (codes.isRefusalTold()) await record({ ...about, ...nobody, outcome: "CodeNotGood" });
    throw new ConsoleProblem(
      401,
      "CodeNotGood",
      "This code is not good: it was used, it is older than a minute, or its key has ended. For another one: npx sluice console",
    );
  }
  const { session, principal, halves } = begun;
  try {
    const whose = { principalArn: principal.arn, accessKeyId: session.accessKeyId, sessionId: session.id };
    await record({ ...about, ...whose, outcome: "Succeeded" });
  } catch (error) {
    sessions.end(session.id); // what is in no log has not begun
    throw error;
  }
  return {
    body: { session: halves.header, principal: principal.arn, expiresAt: session.expiresAt },
    cookie: setCookie(transport, halves),
  };
}

/** Ends the viewer's session, or another one of its key. Resolves with whether there was one, once that is in the audit log. */
export async function endSession(viewer: Viewer, id: string, { sessions, record }: SessionContext): Promise<boolean> {
  const { call, session } = viewer;
  if (!sessions.of(session.accessKeyId).some((one) => one.id === id) || !sessions.end(id)) return false;
  await record({
    operation: "EndConsoleSession",
    principalArn: call.principal.arn,
    accessKeyId: session.accessKeyId,
    sessionId: id,
    requestId: call.requestId,
    sourceIp: call.sourceIp,
    outcome: "Succeeded",
  });
  return true;
}

/** The header that removes the cookie of a session that has ended. */
export const cookieOfEnd = (transport: Transport): string => removeCookie(transport);

/** `GET /console/api/session`. */
export function sessionView(
  viewer: Viewer,
  { sessions, accountId, region, version }: SessionContext,
): Omit<Session, "cursor" | "now"> {
  const { session, call } = viewer;
  return {
    principal: call.principal.arn,
    accountId,
    region,
    version,
    isAdministrator: viewer.isAdministrator,
    idleMilliseconds,
    expiresAt: session.expiresAt,
    sessions: sessions.of(session.accessKeyId).map((one) => rowOf(one, session.id)),
    endpoint: call.endpoint,
    can: { "revoke-session": { isAllowed: true } },
  };
}

const rowOf = (
  { id, createdAt, lastUsedAt, expiresAt, sourceIp, userAgent }: ConsoleSession,
  own: string,
): Session["sessions"][number] => ({ id, isThis: id === own, createdAt, lastUsedAt, expiresAt, sourceIp, userAgent });
