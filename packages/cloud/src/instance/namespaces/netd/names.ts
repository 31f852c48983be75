import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Where every service of AWS answers inside. */
const gateway = "172.31.0.1";

/** How long an answer may be cached, in seconds: nothing here moves. */
const keepSeconds = 60;

/** Answers questions for names at an address, as the resolver of a VPC does: AWS's names, and those of instances. */
export async function answerNames(address: string): Promise<void> {
  const socket = createSocket("udp4", (message, { port, address: from }) => {
    const reply = replyTo(message);
    if (reply !== undefined) socket.send(reply, port, from);
  });
  socket.on("error", () => {}); // an instance that went before its answer came
  socket.bind(53, address);
  await once(socket, "listening");
}

/** Returns the address of a name, or undefined when there is none. */
function addressOf(name: string): string | undefined {
  if (/(^|\.)(amazonaws\.com|amazonaws\.com\.cn|on\.aws|api\.aws)$/.test(name)) return gateway;
  const numbers = /^ip-172-31-(\d{1,3})-(\d{1,3})(\.|$)/.exec(name)?.slice(1, 3).map(Number);
  return numbers?.every((number) => number < 256) === true ? `172.31.${numbers.join(".")}` : undefined;
}

const types = { address: 1, any: 255 } as const;
const noSuchName = 3;
const headBytes = 12;

/** Returns the answer to one message, or undefined when it is no question. */
export function replyTo(message: Buffer): Buffer | undefined {
  const question = readQuestion(message);
  if (question === undefined) return undefined;
  const address = addressOf(question.name);
  const isAsked = question.type === types.address || question.type === types.any;
  const head = Buffer.from(message.subarray(0, headBytes));
  // An authoritative answer from a server that offers recursion; the question's recursion flag is repeated.
  head.writeUInt16BE(0x8480 | (head.readUInt16BE(2) & 0x0100) | (address === undefined ? noSuchName : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(address !== undefined && isAsked ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const asked = message.subarray(headBytes, question.end);
  if (address === undefined || !isAsked) return Buffer.concat([head, asked]);
  // A pointer to the name in the question, type A, class IN, time to live, four bytes.
  const record = Buffer.from([
    0xc0,
    headBytes,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    keepSeconds,
    0,
    4,
    ...address.split(".").map(Number),
  ]);
  return Buffer.concat([head, asked, record]);
}

function readQuestion(
  message: Buffer,
): { readonly name: string; readonly type: number; readonly end: number } | undefined {
  if (message.length < headBytes || (message.readUInt16BE(2) & 0xf800) !== 0 || message.readUInt16BE(4) !== 1)
    return undefined;
  const labels: string[] = [];
  let at = headBytes;
  for (let length = message[at]; length !== 0; length = message[at]) {
    // Names in questions are not compressed; a label has at most 63 bytes.
    if (length === undefined || length > 63) return undefined;
    labels.push(message.toString("latin1", at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  const end = at + 5;
  if (message.length < end) return undefined;
  return { name: labels.join("."), type: message.readUInt16BE(at + 1), end };
}
