import type { IncomingMessage } from "node:http";
import { parseJson } from "@sluice/aws-protocol";
import { badRequest, ConsoleProblem } from "./problem.ts";

/** The longest body of an action, in bytes: CreateDeployment with an AppSpec file of its own has less. */
const bodyBytesMax = 512 * 1024;

/** Reads a body that must be a JSON object, of at most so many bytes. */
export async function readObject(
  request: IncomingMessage,
  bytesMax = bodyBytesMax,
): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw new ConsoleProblem(413, "BodyTooLong", `The body has more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  const value = parsed(Buffer.concat(chunks));
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest("The body must be a JSON object");
  return value as Readonly<Record<string, unknown>>; // checked just above
}

function parsed(bytes: Buffer): unknown {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw badRequest("The body is not JSON");
  }
}

/** Returns a member that must be a text, with at most so many characters. */
export function textIn(body: Readonly<Record<string, unknown>>, name: string, lengthMax = 2_048): string {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (typeof value === "string" && value !== "" && value.length <= lengthMax) return value;
  throw badRequest(`${name} must be a text of 1 to ${lengthMax} characters`);
}

/** As `textIn`, for a member that may be absent. */
export const optionalText = (body: Readonly<Record<string, unknown>>, name: string): string | undefined =>
  Object.hasOwn(body, name) && body[name] !== undefined ? textIn(body, name) : undefined;
