import type { ActionAnswer, ActionName, Actions, NewSession, Problem, Reads } from "@sluice/server/console-contract";
import { noteServerTime } from "./clock.ts";
import { keepSessionHalf, noteSessionEnd, sessionHalf, sessionState } from "./session.ts";

/** The address of a snapshot, which knows the type of its answer. */
export interface Address<Result> {
  readonly url: string;
  readonly result?: Result;
}

/** A query's parameters; those that are undefined or empty are left out. */
export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Returns the address of a snapshot: a path of the contract with its names filled in, and a query. */
export function address<Path extends keyof Reads>(
  path: Path,
  names: Readonly<Record<string, string>> = {},
  query: Query = {},
): Address<Reads[Path]> {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(names[name] ?? ""));
  const parameters = queryText(query);
  return { url: parameters === "" ? filled : `${filled}?${parameters}` };
}

/** Writes a query, without what is undefined or empty. */
export function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? (value as readonly string[]) : [value])
      if (each !== undefined && each !== "") parameters.append(name, String(each));
  return parameters.toString();
}

/** An answer that is no success, or none at all (status 0). */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  readonly right: string | undefined;

  constructor(status: number, { code, message, requestId, right }: Problem["error"]) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.right = right;
  }
}

/** Reads a snapshot. Throws an ApiError. */
export const read = <Result>({ url }: Address<Result>, signal?: AbortSignal): Promise<Result> =>
  ask<Result>("GET", url, undefined, signal);

/** Asks for an action. Throws an ApiError when it is refused. */
export const act = <Name extends ActionName>(name: Name, body: Actions[Name]): Promise<ActionAnswer> =>
  ask<ActionAnswer>("POST", `/console/api/actions/${name}`, body);

/** Posts JSON to another path of the console's. Throws an ApiError. */
export const post = <Result>(path: string, body: unknown, signal?: AbortSignal): Promise<Result> =>
  ask<Result>("POST", path, body, signal);

/** Spends a one-time code. Throws an ApiError when it opens nothing. */
export async function logIn(code: string): Promise<void> {
  const { session } = await ask<NewSession>("POST", "/console/api/session", { code });
  keepSessionHalf(session);
  sessionState.value = "open";
}

/** Ends this session, on the server and here. */
export async function logOut(): Promise<void> {
  await ask<unknown>("DELETE", "/console/api/session", undefined);
  keepSessionHalf(undefined);
  sessionState.value = "none";
}

async function ask<Result>(method: string, url: string, body: unknown, signal?: AbortSignal): Promise<Result> {
  const half = sessionHalf();
  const response = await fetch(url, {
    method,
    headers: {
      ...(half !== undefined && { "x-sluice-session": half }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiError(0, { code: "Unreachable", message: "The server did not answer.", requestId: "" });
  });
  const answer = await jsonOf(response);
  if (!response.ok) throw errorOf(response, answer);
  if (isRecord(answer) && typeof answer["now"] === "number") noteServerTime(answer["now"]);
  return answer as Result; // as the contract has it
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return {}; // a proxy's page, say: its status tells
  }
}

function errorOf(response: Response, answer: unknown): ApiError {
  if (response.status === 401 && !response.url.endsWith("/console/api/session")) noteSessionEnd();
  const problem = isRecord(answer) && isRecord(answer["error"]) ? answer["error"] : {};
  const text = (name: string) => (typeof problem[name] === "string" ? problem[name] : undefined);
  return new ApiError(response.status, {
    code: text("code") ?? `Status ${response.status}`,
    message: text("message") ?? "The server gave no reason.",
    requestId: text("requestId") ?? response.headers.get("x-amzn-requestid") ?? "",
    right: text("right"),
  });
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
