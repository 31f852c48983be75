import { encodeJson } from "./json.ts";
import type { Operation, ServiceModel } from "../service/model.ts";
import { writeBindings } from "./rest.ts";
import type { RefusedRequest, ServiceResponse } from "../service/service.ts";
import { encodeXmlMembers, encodeXmlPayload, escapeXml } from "./xml.ts";
import type { Fault } from "../fault.ts";

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Encodes an operation's output as a response in the service's protocol. */
export function encodeResponse(
  model: ServiceModel,
  operation: Operation,
  output: Readonly<Record<string, unknown>>,
  request: RefusedRequest,
): ServiceResponse {
  const { requestId } = request;
  const { name } = operation;
  if (speaksJson(model, request))
    // An operation without an output shape has an empty response body (api.md §1.2).
    return {
      status: 200,
      headers: jsonHeaders(request),
      body: operation.output.kind === "unit" ? "" : encodeJson(operation.output, output),
    };
  switch (model.protocol) {
    case "json":
    case "query": {
      const result =
        operation.output.kind === "unit"
          ? ""
          : `<${name}Result>${encodeXmlMembers(operation.output, output)}</${name}Result>`;
      return xml(
        200,
        `<${name}Response xmlns="${model.xmlns}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`,
        requestId,
      );
    }
    case "ec2": {
      const members =
        operation.output.kind === "unit" ? "<return>true</return>" : encodeXmlMembers(operation.output, output);
      return xml(
        200,
        `${declaration}<${name}Response xmlns="${model.xmlns}"><requestId>${requestId}</requestId>${members}</${name}Response>`,
        requestId,
      );
    }
    case "rest-json":
    case "rest-xml":
      return encodeRestResponse(model, operation, output, requestId);
  }
}

function encodeRestResponse(
  model: ServiceModel,
  operation: Operation,
  output: Readonly<Record<string, unknown>>,
  requestId: string,
): ServiceResponse {
  const isXml = model.protocol === "rest-xml";
  const bound = writeBindings(operation.output, output, operation.http?.status ?? 200);
  // S3's model lacks the status of a partial object.
  const status = bound.headers["Content-Range"] === undefined ? bound.status : 206;
  const head = { status, headers: { ...requestIdHeaders(model, requestId), ...bound.headers } };
  if (bound.payload !== undefined) {
    const value = output[bound.payload.name];
    if (value === undefined) return head;
    if (bound.payload.shape.kind !== "structure") return { ...head, body: value as string | Uint8Array }; // text, bytes or a stream: typed by the operations table
    const body = isXml
      ? declaration + encodeXmlPayload(bound.payload, value, model.xmlns)
      : encodeJson(bound.payload.shape, value, { jsonNames: true });
    return {
      ...head,
      headers: { "content-type": isXml ? "application/xml" : "application/json", ...head.headers },
      body,
    };
  }
  if (!bound.hasBody || operation.output.kind !== "structure") return head;
  if (!isXml)
    return {
      ...head,
      headers: { "content-type": "application/json", ...head.headers },
      body: encodeJson(operation.output, output, { jsonNames: true }),
    };
  const root = operation.output.xmlName ?? operation.output.name;
  return {
    ...head,
    headers: { "content-type": "application/xml", ...head.headers },
    body: `${declaration}<${root} xmlns="${model.xmlns}">${encodeXmlMembers(operation.output, output)}</${root}>`,
  };
}

/** Encodes a fault as a response in the service's protocol (api.md §1.3). */
export function encodeFault(model: ServiceModel, fault: Fault, request: RefusedRequest): ServiceResponse {
  const { requestId, path } = request;
  const modelled = model.errors.get(fault.code);
  const status = fault.status ?? modelled?.status ?? 400;
  const { code, message } = fault;
  const response = speaksJson(model, request)
    ? // The CLI reads only the body's `__type`, some SDKs only the header.
      {
        status,
        headers: {
          ...jsonHeaders(request),
          "x-amzn-ErrorType": code,
          ...queryError(model, modelled?.code ?? code, status),
        },
        body: JSON.stringify({ __type: code, message }),
      }
    : faultInProtocol(model, { status, code: modelled?.code ?? code, message }, { requestId, path });
  return { ...response, fault: code };
}

/** The header by which clients that come from the query protocol find its error codes. */
function queryError({ protocol }: ServiceModel, code: string, status: number): Record<string, string> {
  return protocol === "query" ? { "x-amzn-query-error": `${code};${status < 500 ? "Sender" : "Receiver"}` } : {};
}

interface WireFault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

function faultInProtocol(
  model: ServiceModel,
  { status, code, message }: WireFault,
  { requestId, path }: Pick<RefusedRequest, "requestId" | "path">,
): ServiceResponse {
  const text = `<Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>`;
  switch (model.protocol) {
    case "rest-json":
      return {
        status,
        headers: { "content-type": "application/json", "x-amzn-RequestId": requestId, "x-amzn-ErrorType": code },
        body: JSON.stringify({ Type: status < 500 ? "User" : "Service", message, Message: message }),
      };
    case "rest-xml":
      return {
        status,
        headers: { "content-type": "application/xml", ...requestIdHeaders(model, requestId) },
        body: `${declaration}<Error>${text}<Resource>${escapeXml(path)}</Resource><RequestId>${requestId}</RequestId></Error>`,
      };
    case "ec2":
      return xml(
        status,
        `${declaration}<Response><Errors><Error>${text}</Error></Errors><RequestID>${requestId}</RequestID></Response>`,
        requestId,
      );
    case "json":
    case "query":
      return xml(
        status,
        `<ErrorResponse xmlns="${model.xmlns}"><Error><Type>${status < 500 ? "Sender" : "Receiver"}</Type>${text}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
        requestId,
      );
  }
}

/** Whether a request is in JSON: always for JSON services, and for a query service when the client names a target, as newer ones do. */
export function speaksJson(
  { protocol, targetPrefix }: Pick<ServiceModel, "protocol" | "targetPrefix">,
  { headers }: Pick<RefusedRequest, "headers">,
): boolean {
  return (
    protocol === "json" || (protocol === "query" && targetPrefix !== undefined && headers["x-amz-target"] !== undefined)
  );
}

function jsonHeaders({ headers, requestId }: RefusedRequest): Record<string, string> {
  const version = (headers["content-type"] ?? "").startsWith("application/x-amz-json-1.0") ? "1.0" : "1.1";
  return { "content-type": `application/x-amz-json-${version}`, "x-amzn-RequestId": requestId };
}

function requestIdHeaders({ protocol }: ServiceModel, requestId: string): Record<string, string> {
  return protocol === "rest-xml"
    ? { "x-amz-request-id": requestId, "x-amz-id-2": requestId }
    : { "x-amzn-RequestId": requestId };
}

function xml(status: number, body: string, requestId: string): ServiceResponse {
  return { status, headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-RequestId": requestId }, body };
}
