import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Call, Fault } from "@sluice/aws-protocol";
import { type ActionBody, actions, type ActionContext } from "./actions/actions.ts";
import type { ConsoleCloud } from "./cloud/cloud.ts";
import { actOnCloud, cloudActionOf } from "./cloud/cloud-actions.ts";
import { planFor } from "./actions/plan.ts";
import type { ActionAnswer, ActionName, PlanAnswer } from "./contract.ts";
import { readObject } from "./http/body.ts";
import { admit, requireJson } from "./http/gate.ts";
import { matchPath, type Named } from "./http/paths.ts";
import { ConsoleProblem, notFound } from "./http/problem.ts";
import { sendJson } from "./http/respond.ts";
import type { Transport, TransportOptions } from "./http/transport.ts";
import { type SnapshotPath, snapshots } from "./reads.ts";
import { Viewer, type ViewerContext } from "./rights/viewer.ts";
import { beginSession, cookieOfEnd, endSession, type SessionContext, sessionView } from "./session-endpoint.ts";
import { readHalves } from "./sessions/cookies.ts";
import type { Streams } from "./stream/streams.ts";
import type { SnapshotContext } from "./snapshots/context.ts";

export interface ConsoleOptions {
  readonly transport: TransportOptions;
  readonly session: SessionContext;
  readonly viewer: ViewerContext;
  readonly snapshots: SnapshotContext;
  readonly streams: Streams;
  readonly cloud: ConsoleCloud;
  readonly onDefect: (error: unknown, about: string) => void;
}

/** An answer, before it is JSON. */
interface Outcome {
  readonly status?: number | undefined;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A request that has passed the gate. */
interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly transport: Transport;
  readonly requestId: string;
}

const planPath = "/console/api/plan";
const cloudPath = "/console/api/cloud";
const streamPath = "/console/stream";
const sessionPath = "/console/api/session";
const actionPath = "/console/api/actions/:name";
const snapshotPaths = Object.keys(snapshots) as readonly SnapshotPath[]; // a record's own keys

/** Serves everything below `/console/`, and passes other requests on to `next`. */
export function withConsole(next: RequestListener, options: ConsoleOptions): RequestListener {
  return (request, response) => {
    if (request.url?.startsWith("/console/") !== true) return next(request, response);
    const requestId = randomUUID();
    serve(request, response, { requestId, options })
      .catch((error: unknown) => refuse(error, { request, response, requestId, options }))
      .catch((error: unknown) => {
        options.onDefect(error, requestId);
        response.destroy();
      });
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { requestId, options }: { readonly requestId: string; readonly options: ConsoleOptions },
): Promise<void> {
  const visit: Visit = { request, response, requestId, transport: admit(request, options.transport) };
  if (request.method === "GET" && request.url?.split("?", 1)[0] === streamPath)
    return options.streams.serve(await viewerOf(visit, options), request, response);
  const { status = 200, body, headers } = await answer(visit, options);
  await sendJson(request, response, { status, body, headers: headers ?? {} });
}

async function answer(visit: Visit, options: ConsoleOptions): Promise<Outcome> {
  const { request, transport, requestId } = visit;
  const { method = "GET", url = "" } = request;
  if (method === "POST" && url === sessionPath) {
    const { body, cookie } = await beginSession(request, options.session, { transport, requestId });
    return { status: 201, body, headers: { "set-cookie": cookie } };
  }
  const viewer = await viewerOf(visit, options);
  switch (method) {
    case "GET":
      return { body: await read(viewer, url, options) };
    case "POST":
      return { body: await act(viewer, visit, options) };
    case "DELETE":
      if (url !== sessionPath) break;
      await endSession(viewer, viewer.session.id, options.session);
      return { body: {}, headers: { "set-cookie": cookieOfEnd(transport) } };
  }
  throw new ConsoleProblem(405, "MethodNotAllowed", "There is GET for what is read, and POST for actions");
}

/** Who asks, by both halves of the session. */
async function viewerOf({ request, response, transport, requestId }: Visit, options: ConsoleOptions): Promise<Viewer> {
  const { sessions, clock, region } = options.session;
  const found = await sessions.find(readHalves(transport, request.headers));
  if (found === undefined)
    throw new ConsoleProblem(
      401,
      "NoSession",
      "There is no session, or it has ended. For a new one: npx sluice console",
    );
  const { session, principal } = found;
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const call: Call = {
    requestId,
    region,
    principal,
    accessKeyId: session.accessKeyId,
    endpoint: transport.origin,
    receivedAt: clock(),
    sourceIp: request.socket.remoteAddress?.replace(/^::ffff:/, ""),
    signal: gone.signal,
  };
  return new Viewer(options.viewer, session, call);
}

async function read(viewer: Viewer, url: string, options: ConsoleOptions): Promise<unknown> {
  const { session, snapshots: context } = options;
  const cursor = String(context.store.events.newestCursor); // before the reading: what comes after it is streamed
  const about = { cursor, now: context.clock() };
  if (url === cloudPath) return { ...(await options.cloud.read(viewer)), ...about };
  if (url === sessionPath) return { ...sessionView(viewer, session), ...about };
  const found = matchPath(snapshotPaths, url);
  if (found === undefined) throw notFound("There is no such path below /console/api");
  return { ...(await snapshotOf(found.pattern, viewer, context, found)), ...about };
}

const snapshotOf = (path: SnapshotPath, viewer: Viewer, context: SnapshotContext, named: Named): Promise<object> =>
  snapshots[path](viewer, context, named);

async function act(viewer: Viewer, { request }: Visit, options: ConsoleOptions): Promise<ActionAnswer | PlanAnswer> {
  requireJson(request);
  if (request.url === planPath) return planFor(viewer, await readObject(request));
  const name = matchPath([actionPath], request.url ?? "")?.labels["name"] ?? "";
  const onCloud = cloudActionOf(name);
  const action = Object.hasOwn(actions, name) ? actions[name as ActionName] : undefined; // one of its own keys
  if (action === undefined && onCloud === undefined) throw notFound("There is no such action");
  const context: ActionContext = {
    ...options.snapshots,
    endSession: (who, id) => endSession(who, id, options.session),
  };
  const body = await readObject(request);
  const cursor = String(context.store.events.newestCursor);
  const output =
    action === undefined
      ? await onLocalCloud(viewer, { act: onCloud, body, options })
      : await action(viewer, body, context);
  const made = output["deploymentId"] ?? body["deploymentId"];
  return { cursor, deploymentId: typeof made === "string" ? made : undefined, output };
}

async function onLocalCloud(
  viewer: Viewer,
  {
    act: action,
    body,
    options,
  }: { readonly act: ReturnType<typeof cloudActionOf>; readonly body: ActionBody; readonly options: ConsoleOptions },
): Promise<Readonly<Record<string, unknown>>> {
  const clients = await options.cloud.clientsOf(viewer);
  if (action === undefined || clients === undefined)
    throw new ConsoleProblem(409, "NoLocalCloud", "There is no local cloud here: these services are AWS's");
  return actOnCloud(action, clients, body);
}

async function refuse(
  error: unknown,
  { request, response, requestId, options }: Omit<Visit, "transport"> & { readonly options: ConsoleOptions },
): Promise<void> {
  const problem = problemOf(error);
  if (problem === undefined && !request.complete) return void response.destroy(); // the client has gone
  if (problem === undefined) options.onDefect(error, requestId);
  const { status, body } = problem ?? { status: 500, body: internal };
  // What was not read of a body would be the next request.
  const headers: Record<string, string> = request.complete ? {} : { connection: "close" };
  if (!response.headersSent) await sendJson(request, response, { status, body: body(requestId), headers });
  else response.destroy();
}

function problemOf(error: unknown) {
  const problem = error instanceof Fault ? new ConsoleProblem(error.status ?? 400, error.code, error.message) : error;
  if (!(problem instanceof ConsoleProblem)) return undefined;
  return { status: problem.status, body: (requestId: string) => problem.body(requestId) };
}

const internal = (requestId: string) =>
  new ConsoleProblem(500, "InternalFailure", "Something has failed here; the server's log says what").body(requestId);
