import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { type Call, type Service, serviceModel, type ServiceName } from "@sluice/aws-protocol";

type Input = Readonly<Record<string, unknown>>;
type Shape = NonNullable<ReturnType<ReturnType<typeof serviceModel>["operations"]["get"]>>["input"];

/** A call in this process, by an administrator unless there is another principal. */
export const callOf = (principal: Partial<Call["principal"]> = {}): Call => ({
  requestId: "request",
  region: "eu-west-1",
  principal: {
    accountId: "123456789012",
    arn: "arn:aws:iam::123456789012:user/ann",
    userId: "AIDAANN",
    ...principal,
  },
  accessKeyId: "AKIAANN",
  endpoint: "http://127.0.0.1",
  receivedAt: 0,
  signal: new AbortController().signal,
});

/** Calls an operation of a service without a port or a signature. Returns the response's text. */
export async function ask(service: Service, model: ServiceName, operation: string, input: Input): Promise<string> {
  const { protocol, version, operations } = serviceModel(model);
  const shape = operations.get(operation)?.input;
  assert(shape !== undefined, `${model} has ${operation}`);
  const form = new URLSearchParams([["Action", operation], ["Version", version], ...flat(shape, input, protocol)]);
  const isForm = protocol === "query" || protocol === "ec2";
  const body = Buffer.from(isForm ? form.toString() : JSON.stringify(input));
  const answered = await service.serve({
    method: "POST",
    path: "/",
    query: new URLSearchParams(),
    headers: isForm
      ? { "content-type": "application/x-www-form-urlencoded" }
      : { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${service.targetPrefixes[0]}.${operation}` },
    body: { bytes: async () => body, stream: () => Readable.from([body]) },
    call: callOf(),
  });
  const text = typeof answered.body === "string" ? answered.body : "";
  assert(answered.status < 300, `${operation}: ${text}`);
  return text;
}

/** An input as the fields of a form. */
function flat(shape: Shape, value: unknown, protocol: string, path = ""): [string, string][] {
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  if (shape.kind === "structure")
    return shape.members.flatMap(({ name, shape: inner, traits }) => {
      const found = (value as Input)[name];
      if (found === undefined) return [];
      const { xmlName = name } = traits;
      const ec2Name = traits.ec2QueryName ?? xmlName.replace(/^./, (letter) => letter.toUpperCase());
      const isFlat = protocol === "ec2" || traits.xmlFlattened !== undefined || inner.kind !== "list";
      return flat(inner, found, protocol, `${below(protocol === "ec2" ? ec2Name : xmlName)}${isFlat ? "" : ".member"}`);
    });
  if (shape.kind === "list")
    return (value as readonly unknown[]).flatMap((item, index) =>
      flat(shape.item.shape, item, protocol, below(String(index + 1))),
    );
  return [[path, String(value)]];
}
