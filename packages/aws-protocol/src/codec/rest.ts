import { Fault } from "../fault.ts";
import type { Member, Operation, ServiceModel, Shape, Structure } from "../service/model.ts";
import type { ServiceRequest } from "../service/service.ts";
import { decodeText } from "./text.ts";
import { formatTimestamp } from "./timestamp.ts";
import { inBody } from "./xml.ts";

/** Finds the operation of a REST request, and the labels of its path. */
export type Router = (
  request: Pick<ServiceRequest, "method" | "path" | "query" | "headers">,
) => { readonly operation: Operation; readonly labels: Labels } | undefined;

type Labels = Readonly<Record<string, string>>;

interface Route {
  readonly operation: Operation;
  readonly segments: readonly string[];
  readonly query: readonly (readonly [name: string, value: string | undefined])[];
  readonly requiredQuery: readonly string[];
  readonly requiredHeaders: readonly string[];
}

/** Creates a router over the operations' URI templates. The most specific template wins; a last label `{Key+}` takes the rest of the path. */
export function createRouter(model: ServiceModel): Router {
  const routes = [...model.operations.values()].flatMap(routeOf);
  return (request) => {
    const path = request.path.slice(1).split("/");
    let best: { readonly operation: Operation; readonly labels: Labels } | undefined;
    let bestScore = -1;
    for (const route of routes) {
      if (route.operation.http?.method !== request.method) continue;
      const labels = matchPath(route.segments, path);
      const score = labels === undefined ? -1 : specificity(route, request);
      if (labels === undefined || score <= bestScore) continue;
      best = { operation: route.operation, labels };
      bestScore = score;
    }
    return best;
  };
}

function routeOf(operation: Operation): readonly Route[] {
  if (operation.http === undefined) return [];
  const [path = "", query = ""] = operation.http.uri.split("?");
  const parameters = query
    .split("&")
    .filter((part) => part !== "" && !part.startsWith("x-id="))
    .map((part): [string, string | undefined] => {
      const [name = "", value] = part.split("=");
      return [name, value];
    });
  const required =
    operation.input.kind === "structure" ? operation.input.members.filter((member) => member.required) : [];
  // The SDK's paths of S3 lack the bucket, which clients put in the host or in front of the path.
  const bucket =
    required.some(({ name, traits }) => name === "Bucket" && traits.httpLabel) && !path.includes("{Bucket}")
      ? ["{Bucket}"]
      : [];
  return [
    {
      operation,
      segments: [...bucket, ...path.split("/").filter((part) => part !== "")],
      query: parameters,
      requiredQuery: required.flatMap(({ traits }) => traits.httpQuery ?? []),
      requiredHeaders: required.flatMap(({ traits }) => traits.httpHeader?.toLowerCase() ?? []),
    },
  ];
}

function matchPath(segments: readonly string[], path: readonly string[]): Labels | undefined {
  const greedy = segments.at(-1)?.endsWith("+}") ?? false;
  // `/bucket/` is the bucket, but the slashes of `/bucket/folder/` belong to the key.
  const parts = !greedy && path.at(-1) === "" ? path.slice(0, -1) : path;
  if (
    greedy
      ? parts.length < segments.length || parts.slice(segments.length - 1).join("/") === ""
      : parts.length !== segments.length
  )
    return undefined;
  const labels: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const label = /^\{(\w+)\+?\}$/.exec(segment)?.[1];
    const found = segment.endsWith("+}") ? parts.slice(index).join("/") : (parts[index] ?? "");
    if (label !== undefined) labels[label] = decodePath(found);
    else if (segment !== found) return undefined;
  }
  return labels;
}

function specificity(
  { query, requiredQuery, requiredHeaders, segments }: Route,
  request: Pick<ServiceRequest, "query" | "headers">,
): number {
  const holds =
    query.every(
      ([name, value]) => request.query.has(name) && (value === undefined || request.query.get(name) === value),
    ) &&
    requiredQuery.every((name) => request.query.has(name)) &&
    requiredHeaders.every((name) => request.headers[name] !== undefined);
  return holds
    ? segments.filter((segment) => !segment.startsWith("{")).length +
        10 * (query.length + requiredQuery.length + requiredHeaders.length)
    : -1;
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new Fault("InvalidURI", `Cannot read the path: "${text.slice(0, 80)}" is not percent-encoded UTF-8`, {
      cause,
    });
  }
}

/** Reads the members of an operation's input that are in the path, the query or the headers. */
export function readBindings(
  { members }: Structure,
  { query, headers }: Pick<ServiceRequest, "query" | "headers">,
  labels: Labels,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const { name, shape, traits } of members) {
    if (traits.httpPrefixHeaders !== undefined) {
      const prefix = traits.httpPrefixHeaders.toLowerCase();
      const found = Object.entries(headers).filter(([header]) => header.startsWith(prefix));
      if (found.length > 0)
        input[name] = Object.fromEntries(found.map(([header, value]) => [header.slice(prefix.length), String(value)]));
      continue;
    }
    const texts = boundTexts({ name, shape, traits }, { query, headers }, labels);
    if (texts.length === 0) continue;
    const item = shape.kind === "list" ? shape.item : { shape, traits };
    const values = texts.map((text) => decodeText(item, text, name));
    input[name] = shape.kind === "list" ? values : values[0];
  }
  return input;
}

function boundTexts(
  { name, shape, traits }: Omit<Member, "required">,
  { query, headers }: Pick<ServiceRequest, "query" | "headers">,
  labels: Labels,
): readonly string[] {
  if (traits.httpLabel) return [labels[name] ?? ""];
  if (traits.httpQuery !== undefined) return query.getAll(traits.httpQuery);
  const header = traits.httpHeader === undefined ? undefined : headers[traits.httpHeader.toLowerCase()];
  if (header === undefined) return [];
  const text = Array.isArray(header) ? header.join(",") : header;
  return shape.kind === "list" ? text.split(",").map((part) => part.trim()) : [text];
}

/** Returns the members of an operation's output that go into the status and the headers, and the one, if any, that is the whole body. */
export function writeBindings(shape: Shape, output: Readonly<Record<string, unknown>>, status: number) {
  const headers: Record<string, string> = {};
  let payload: Member | undefined;
  let answerStatus = status;
  for (const member of shape.kind === "structure" ? shape.members : []) {
    const { name, traits } = member;
    const value = output[name];
    if (traits.httpPayload) payload = member;
    if (value === undefined || value === null) continue;
    if (traits.httpResponseCode) answerStatus = Number(value);
    else if (traits.httpHeader !== undefined) headers[traits.httpHeader] = headerText(member.shape, value);
    else if (traits.httpPrefixHeaders !== undefined)
      for (const [key, text] of Object.entries(value)) headers[traits.httpPrefixHeaders + key] = String(text);
  }
  const hasBody = shape.kind === "structure" && shape.members.some(inBody);
  return { status: answerStatus, headers, payload, hasBody };
}

function headerText(shape: Shape, value: unknown): string {
  if (shape.kind === "timestamp") return formatTimestamp(value as Date, shape.format ?? "http-date"); // typed by the operations table
  return Array.isArray(value) ? value.join(",") : String(value);
}
