// Every operation of every service with bad input of every kind: the response is a success or a named fault, never a 5xx.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type Operation, serviceModel, type ServiceName } from "@sluice/aws-protocol";
import { signHeaders } from "@sluice/aws-protocol/signature-v4";
import { type ServerFixture, openServerFixture, region } from "../support/server-fixture.ts";

type Shape = Operation["input"];
type Member = Extract<Shape, { readonly kind: "structure" }>["members"][number];

const signingNames: Readonly<Record<ServiceName, string>> = {
  "application-auto-scaling": "application-autoscaling",
  "auto-scaling": "autoscaling",
  "classic-load-balancing": "elasticloadbalancing",
  cloudwatch: "monitoring",
  codedeploy: "codedeploy",
  ec2: "ec2",
  ecr: "ecr",
  ecs: "ecs",
  iam: "iam",
  lambda: "lambda",
  "load-balancing": "elasticloadbalancing",
  logs: "logs",
  s3: "s3",
  sns: "sns",
  ssm: "ssm",
  sts: "sts",
};

/** One kind of bad input: what each type of value is filled with. */
interface Mischief {
  readonly text: string;
  readonly number: number;
  /** How many items a list or a map has. */
  readonly items: number;
}

const mischiefs: readonly Mischief[] = [
  { text: "", number: 0, items: 0 },
  { text: "x", number: -1, items: 1 },
  { text: " \t\u00e9\u{1F600}%s'\";--", number: Number.MAX_SAFE_INTEGER, items: 2 },
  { text: "x".repeat(5000), number: 2 ** 31, items: 3 },
  { text: "../../../etc/passwd", number: -(2 ** 53) + 1, items: 1 },
  { text: "arn:aws:iam::123456789012:role/x", number: 1, items: 1 },
  { text: "{}", number: 7, items: 1 },
  { text: "__proto__", number: 10, items: 1 },
];

/** Returns a useless value of the right type for a shape. */
function fill(shape: Shape, mischief: Mischief, depth = 0): unknown {
  const { text, number, items } = mischief;
  const inner = (next: Shape) => fill(next, mischief, depth + 1);
  switch (shape.kind) {
    case "string":
      return text;
    case "number":
      return number;
    case "boolean":
      return items === 1;
    case "timestamp":
      return number === 0 ? 0 : 1_700_000_000;
    case "blob":
    case "stream":
      return Buffer.from(text).toString("base64");
    case "list":
      return Array.from({ length: depth > 5 ? 0 : items }, () => inner(shape.item.shape));
    case "map":
      return items === 0 ? {} : { [text]: inner(shape.value.shape) };
    case "structure":
      return depth > 5 ? {} : Object.fromEntries(shape.members.map((member) => [member.name, inner(member.shape)]));
    default:
      return {};
  }
}

interface Wire {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An input as a client of the service would send it. */
function write(name: ServiceName, operation: Operation, input: unknown): Wire {
  const model = serviceModel(name);
  switch (model.protocol) {
    case "json":
      return {
        method: "POST",
        path: "/",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `${model.targetPrefix}.${operation.name}`,
        },
        body: JSON.stringify(input),
      };
    case "query":
    case "ec2": {
      const form = new URLSearchParams({ Action: operation.name, Version: model.version });
      flatten(form, "", { shape: operation.input, traits: {} }, input, model.protocol);
      return {
        method: "POST",
        path: "/",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: form.toString(),
      };
    }
    case "rest-json":
    case "rest-xml":
      return writeRest(operation, input as Readonly<Record<string, unknown>>, model.protocol);
  }
}

function flatten(
  form: URLSearchParams,
  key: string,
  { shape, traits }: Pick<Member, "shape" | "traits">,
  value: unknown,
  dialect: "query" | "ec2",
): void {
  const at = (name: string | number) => (key === "" ? String(name) : `${key}.${name}`);
  const nested = value as Readonly<Record<string, unknown>>; // `fill` made it of the shape
  if (shape.kind === "structure")
    for (const member of shape.members) {
      const plain = member.traits.xmlName ?? member.name;
      const name = dialect === "ec2" ? (member.traits.ec2QueryName ?? plain[0]?.toUpperCase() + plain.slice(1)) : plain;
      if (nested[member.name] !== undefined) flatten(form, at(name), member, nested[member.name], dialect);
    }
  else if (shape.kind === "list") {
    const holder = dialect === "ec2" || traits.xmlFlattened ? "" : `.${shape.item.traits.xmlName ?? "member"}`;
    (value as readonly unknown[]).forEach((item, index) =>
      flatten(form, `${key}${holder}.${index + 1}`, shape.item, item, dialect),
    );
  } else if (shape.kind === "map")
    Object.entries(nested).forEach(([name, item], index) => {
      const entry = `${key}${traits.xmlFlattened ? "" : ".entry"}.${index + 1}`;
      form.append(`${entry}.${shape.key.traits.xmlName ?? "key"}`, name);
      flatten(form, `${entry}.${shape.value.traits.xmlName ?? "value"}`, shape.value, item, dialect);
    });
  else form.append(key, shape.kind === "timestamp" ? new Date(Number(value) * 1000).toISOString() : String(value));
}

function writeRest(operation: Operation, input: Readonly<Record<string, unknown>>, protocol: string): Wire {
  const { method = "GET", uri = "/" } = operation.http ?? {};
  const members = operation.input.kind === "structure" ? operation.input.members : [];
  const headers: Record<string, string> = {};
  const [template = "", fixed = ""] = uri.split("?");
  const query = new URLSearchParams(fixed);
  const body: Record<string, unknown> = {};
  let path =
    members.some(({ name }) => name === "Bucket") && !template.includes("{Bucket}") ? `/{Bucket}${template}` : template;
  for (const { name, traits } of members) {
    const text = String(input[name]);
    if (traits.httpLabel) path = path.replace(new RegExp(`\\{${name}\\+?\\}`), encodeURIComponent(text));
    else if (traits.httpQuery !== undefined) query.set(traits.httpQuery, text);
    else if (traits.httpHeader === "Content-Length") continue; // The client of this test counts for itself.
    else if (traits.httpHeader !== undefined) headers[traits.httpHeader] = encodeURIComponent(text).slice(0, 500);
    else if (traits.httpPayload === undefined) body[name] = input[name];
  }
  const hasBody = method === "POST" || method === "PUT";
  const text = protocol === "rest-json" ? JSON.stringify(body) : "<a><b>x</b></a>";
  return { method, path: `${path}?${query.toString()}`, headers, body: hasBody ? text : "" };
}

/** Sends bad input. Returns what is wrong with the response; undefined when nothing is. */
async function trouble(
  sluice: ServerFixture,
  service: ServiceName,
  { method, path, headers, body }: Wire,
): Promise<string | undefined> {
  const url = new URL(`${sluice.url}/`);
  const [pathname = "", search = ""] = path.split("?");
  url.pathname = pathname;
  url.search = search;
  const { host: _, ...signed } = signHeaders({
    method,
    url,
    headers,
    body,
    credentials: sluice.administrator,
    region,
    service: signingNames[service],
  });
  const response = await fetch(url, {
    method,
    headers: signed,
    body: body === "" ? null : body,
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  if (response.status >= 500 && response.status !== 501) return `${response.status} ${text.slice(0, 200)}`;
  const isNamed =
    method === "HEAD" || /"__type":"\w+|<Code>[\w.]+</.test(text) || response.headers.has("x-amzn-errortype");
  return response.status >= 400 && !isNamed ? `${response.status} without a name: ${text.slice(0, 200)}` : undefined;
}

async function sweep(t: TestContext, service: ServiceName): Promise<void> {
  const sluice = await openServerFixture(t);
  const troubles: string[] = [];
  let sent = 0;
  for (const operation of serviceModel(service).operations.values())
    for (const wire of wires(service, operation)) {
      sent++;
      const found = await trouble(sluice, service, wire).catch(
        (error: unknown) => `no answer: ${String(error)} ${String((error as Error).cause)}`,
      );
      if (found !== undefined)
        troubles.push(
          `${operation.name}: ${found}\n    ${wire.method} ${wire.path.slice(0, 100)} ${wire.body.slice(0, 300)}`,
        );
    }
  t.diagnostic(`${sent} requests`);
  assert.equal(troubles.length, 0, `\n${troubles.join("\n")}`);
}

function* wires(service: ServiceName, operation: Operation): Iterable<Wire> {
  for (const mischief of mischiefs) {
    const whole = fill(operation.input, mischief);
    yield write(service, operation, whole);
    if (operation.input.kind !== "structure") continue;
    // One member alone gets further than all together.
    const required = operation.input.members.filter((member) => member.required).map(({ name }) => name);
    yield write(
      service,
      operation,
      Object.fromEntries(Object.entries(whole as object).filter(([name]) => required.includes(name))),
    );
  }
  const plain = write(service, operation, fill(operation.input, { text: "x", number: 1, items: 1 }));
  for (const body of [
    "{",
    "[]",
    "null",
    '"x"',
    '{"x":{}}',
    "<a",
    "a=b&a.b=c&=&&",
    "\u0000",
    `${'{"x":'.repeat(5000)}1${"}".repeat(5000)}`,
  ])
    if (plain.method !== "GET" && plain.method !== "HEAD") yield { ...plain, body };
}

for (const service of Object.keys(signingNames) as ServiceName[])
  // the keys of a Record
  test(`bad input to ${service} never ends in a 5xx, and every refusal has a name`, { timeout: 240_000 }, (t) =>
    sweep(t, service),
  );
