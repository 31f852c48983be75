import { encodeResponse, encodeFault, speaksJson } from "../codec/responses.ts";
import { Fault } from "../fault.ts";
import { decodeJson } from "../codec/json.ts";
import type { Operation, ServiceModel, Structure } from "./model.ts";
import { decodeForm, parseForm } from "../codec/query.ts";
import { createRouter, readBindings, type Router } from "../codec/rest.ts";
import { accessesOf, mayDoEverything, type Permissions, permit } from "../permission/permission.ts";
import type { Service, ServiceRequest, ServiceResponse } from "./service.ts";
import { decodeXml, inBody } from "../codec/xml.ts";
import { below, malformed } from "../codec/malformed.ts";

/** The parts of a service. */
export interface ServiceDefinition<Context> extends Permissions {
  readonly name: string;
  readonly model: ServiceModel;
  readonly signingNames: readonly string[];
  /** `X-Amz-Target` prefixes besides the model's own. */
  readonly targetPrefixes?: readonly string[] | undefined;
  /** By name, of the type `Partial<Operations<Sdk, Context>>`. An operation that is left out is unknown to callers. */
  readonly operations: object;
  readonly context: Context;
  /** Checks how many items an input names, before permission is checked for each. Throws a Fault. */
  readonly checkSizes?: ((input: Readonly<Record<string, unknown>>, operation: Operation) => void) | undefined;
  /** Items that a list of an input may have; AWS's longest ordinary lists have a thousand. */
  readonly listItemsMax?: number | undefined;
  /** Checks a decoded input before its operation runs. Throws a Fault. */
  readonly checkInput?: ((input: Readonly<Record<string, unknown>>, operation: Operation) => void) | undefined;
  /** Called with each defect: an error that is not a Fault. The caller only learns that there was one. */
  readonly onDefect?: ((error: unknown, requestId: string) => void) | undefined;
  /** Longest body that is read into memory, in bytes. Streamed bodies are up to the operation. */
  readonly bodyBytesMax?: number | undefined;
}

/** AWS's own services refuse bodies over a megabyte or so; no request that is not streamed comes near it. */
const defaultBodyBytesMax = 1024 * 1024;

type Input = Readonly<Record<string, unknown>>;
type Handler = (context: object, input: Input) => unknown;

/** Makes a table of operations into a service that speaks AWS's protocol. */
export function defineService<Context extends object>(definition: ServiceDefinition<Context>): Service {
  const { name, model, signingNames, targetPrefixes = [], bodyBytesMax = defaultBodyBytesMax } = definition;
  const router = model.protocol.startsWith("rest-") ? createRouter(model) : undefined;
  return {
    name,
    signingNames,
    targetPrefixes: [model.targetPrefix ?? [], targetPrefixes].flat(),
    version: model.protocol === "query" || model.protocol === "ec2" ? model.version : undefined,
    protocol: model.protocol,
    bodyBytesMax,
    routes: router && model.protocol === "rest-json" ? (request) => router(request) !== undefined : undefined,
    operations: Object.keys(definition.operations),
    accesses: (operation, input, call) =>
      accessesOf(definition, { signingName: signingNames[0] ?? name, operation, input, call }),
    serve: (request) => serve(definition, router, request),
    refuse: (fault, request) => encodeFault(model, fault, request),
  };
}

/** Turns a request into a response: route, decode, permit, check, operate, encode. */
async function serve<Context extends object>(
  definition: ServiceDefinition<Context>,
  router: Router | undefined,
  request: ServiceRequest,
): Promise<ServiceResponse> {
  const { model, context, checkInput, checkSizes, listItemsMax = 1_000, onDefect } = definition;
  const about = { requestId: request.call.requestId, headers: request.headers, path: request.path };
  const named: { operation?: string; resources?: readonly string[] } = {};
  try {
    const { operation, input } = await decode(definition, router, request);
    named.operation = operation.name;
    const handler = handlerOf(definition, operation.name);
    checkSizes?.(input, operation);
    checkLists(input, listItemsMax);
    const asking = {
      signingName: definition.signingNames[0] ?? definition.name,
      protocol: model.protocol,
      operation: operation.name,
      input,
      call: request.call,
    };
    const asks = accessesOf(definition, asking);
    const asked = asks instanceof Promise ? await asks : asks;
    named.resources = [...new Set(asked.map(({ resource }) => resource))];
    if (!mayDoEverything(request.call.principal)) await permit(definition, asking, asked);
    requireMembers(operation, input);
    checkInput?.(input, operation);
    const output = await handler({ ...context, call: request.call }, input);
    return { ...encodeResponse(model, operation, (output ?? {}) as Input, about), ...named }; // typed by the operations table
  } catch (error) {
    if (error instanceof Fault) return { ...encodeFault(model, error, about), ...named };
    onDefect?.(error, about.requestId);
    return { ...encodeFault(model, internalError(model), about), ...named };
  }
}

/** Refuses lists, at any depth, that are longer than any that AWS accepts: permission may have to be checked for each item. */
function checkLists(value: unknown, itemsMax: number, path = ""): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || isStream(value)) return;
  if (Array.isArray(value)) {
    if (value.length > itemsMax) throw malformed(path, value, `at most ${itemsMax} items`);
    for (const item of value) checkLists(item, itemsMax, path);
    return;
  }
  for (const [name, member] of Object.entries(value)) checkLists(member, itemsMax, below(path, name));
}

const isStream = (value: object): boolean => "pipe" in value;

function internalError({ protocol }: ServiceModel): Fault {
  return new Fault(
    protocol === "rest-xml" ? "InternalError" : "InternalFailure",
    "We encountered an internal error. Please try again.",
    { status: 500 },
  );
}

async function decode<Context>(
  definition: ServiceDefinition<Context>,
  router: Router | undefined,
  request: ServiceRequest,
): Promise<{ operation: Operation; input: Input }> {
  const { model, targetPrefixes = [], bodyBytesMax = defaultBodyBytesMax } = definition;
  if (router !== undefined) return decodeRest(definition, router, request);
  const text = textOf(model, await request.body.bytes(bodyBytesMax));
  if (speaksJson(model, request)) {
    const [prefix = "", ...name] = String(request.headers["x-amz-target"] ?? "").split(".");
    const isOurs = prefix === model.targetPrefix || targetPrefixes.includes(prefix);
    const operation = operationOf(definition, isOurs ? name.join(".") : "");
    return { operation, input: decodeJson(operation.input, text) as Input }; // a structure's members
  }
  const form = parseForm(request.method === "GET" ? request.query.toString() : text);
  const operation = operationOf(definition, form.children.get("Action")?.text ?? "");
  return { operation, input: decodeForm(operation.input, form, model.protocol === "ec2" ? "ec2" : "query") as Input };
}

async function decodeRest<Context>(
  definition: ServiceDefinition<Context>,
  router: Router,
  request: ServiceRequest,
): Promise<{ operation: Operation; input: Input }> {
  const { model, bodyBytesMax = defaultBodyBytesMax } = definition;
  const found = router(request);
  const operation = operationOf(definition, found?.operation.name ?? `${request.method} ${request.path}`);
  if (operation.input.kind !== "structure") return { operation, input: {} };
  const bound = readBindings(operation.input, request, found?.labels ?? {});
  const payload = operation.input.members.find(({ traits }) => traits.httpPayload);
  if (payload?.shape.kind === "stream")
    return { operation, input: { ...bound, [payload.name]: request.body.stream() } };
  const bytes = await request.body.bytes(bodyBytesMax);
  if (payload !== undefined && bytes.length === 0) return { operation, input: bound };
  if (payload?.shape.kind === "blob") return { operation, input: { ...bound, [payload.name]: bytes } };
  const text = textOf(model, bytes);
  const shape: Structure =
    payload?.shape.kind === "structure"
      ? payload.shape
      : { ...operation.input, members: operation.input.members.filter(inBody) };
  const read = (
    model.protocol === "rest-xml"
      ? decodeXml(shape, shape.members.length === 0 ? "" : text)
      : decodeJson(shape, text, { jsonNames: true })
  ) as Input;
  return { operation, input: payload === undefined ? { ...bound, ...read } : { ...bound, [payload.name]: read } };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function textOf({ protocol }: ServiceModel, bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    const code = protocol === "rest-xml" ? "MalformedXML" : "SerializationException";
    throw new Fault(code, "Cannot read the body: it is not UTF-8", { cause });
  }
}

/** Returns an operation of the table. Throws the protocol's fault for an unknown one, also for one that is not served. */
function operationOf<Context>(
  { model, operations, name }: ServiceDefinition<Context>,
  operationName: string,
): Operation {
  const operation = model.operations.get(operationName);
  if (operation !== undefined && Object.hasOwn(operations, operation.name)) return operation;
  switch (model.protocol) {
    case "json":
      throw new Fault("UnknownOperationException", `There is no operation "${operationName}" of ${name}`);
    case "rest-json":
      throw new Fault("UnknownOperationException", `There is no operation for ${operationName}`, { status: 404 });
    case "rest-xml":
      if (!/^(GET|HEAD|PUT|POST|DELETE) /.test(operationName))
        throw new Fault("MethodNotAllowed", "The specified method is not allowed against this resource.", {
          status: 405,
        });
      throw new Fault(
        "NotImplemented",
        "A header or query you provided implies functionality that is not implemented",
        { status: 501 },
      );
    case "query":
    case "ec2":
      throw new Fault("InvalidAction", `The action ${operationName} is not valid for this web service.`);
  }
}

function handlerOf<Context>({ operations }: ServiceDefinition<Context>, operationName: string): Handler {
  return Reflect.get(operations, operationName) as Handler; // `operationOf` has found it; Operations gives its type
}

/** Refuses a request without a required member of its query or headers. Members of bodies are checked by the operations: CodeDeploy has a fault for each. */
function requireMembers({ input: shape }: Operation, input: Input): void {
  if (shape.kind !== "structure") return;
  for (const { name, required, traits } of shape.members)
    if (required && input[name] === undefined && (traits.httpQuery !== undefined || traits.httpHeader !== undefined))
      throw malformed(name, null, "a value: it is required");
}
