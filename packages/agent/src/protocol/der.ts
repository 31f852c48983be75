/** A value of an ASN.1 structure in BER, with its parts if it is constructed. */
export interface Asn1 {
  /** The identifier octet. */
  readonly tag: number;
  /** Content octets. */
  readonly content: Buffer;
  /** All octets, including the header. */
  readonly bytes: Buffer;
  readonly parts: readonly Asn1[];
}

/** How deeply values may be nested; a signed envelope needs ten levels. */
const depthMax = 32;

/** The tags in a PKCS#7 envelope. */
export const tags = {
  integer: 0x02,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  constructedOctetString: 0x24,
} as const;

/** Parses the value at the start of some bytes. Throws when they are not BER or end too early. */
export function readAsn1(bytes: Buffer): Asn1 {
  return readAt(bytes, 0, 0).value;
}

interface Read {
  readonly value: Asn1;
  readonly end: number;
}

function readAt(bytes: Buffer, start: number, depth: number): Read {
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (depth > depthMax || tag === undefined || first === undefined || (tag & 0x1f) === 0x1f)
    throw new Error("not a BER value");
  if (first === 0x80) return readIndefinite(bytes, start, depth);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (lengthBytes > 4) throw new Error("a BER length of more than 4 bytes");
  const from = start + 2 + lengthBytes;
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(start + 2, lengthBytes);
  const end = from + length;
  if (end > bytes.length) throw new Error("a BER value that ends beyond its bytes");
  const content = bytes.subarray(from, end);
  return {
    value: {
      tag,
      content,
      bytes: bytes.subarray(start, end),
      parts: isConstructed(tag) ? readParts(content, depth) : [],
    },
    end,
  };
}

function readIndefinite(bytes: Buffer, start: number, depth: number): Read {
  const tag = bytes[start] ?? 0;
  const parts: Asn1[] = [];
  let at = start + 2;
  while (bytes[at] !== 0 || bytes[at + 1] !== 0) {
    const { value, end } = readAt(bytes, at, depth + 1);
    parts.push(value);
    at = end;
  }
  return {
    value: { tag, content: bytes.subarray(start + 2, at), bytes: bytes.subarray(start, at + 2), parts },
    end: at + 2,
  };
}

function readParts(content: Buffer, depth: number): readonly Asn1[] {
  const parts: Asn1[] = [];
  for (let at = 0; at < content.length;) {
    const { value, end } = readAt(content, at, depth + 1);
    parts.push(value);
    at = end;
  }
  return parts;
}

const isConstructed = (tag: number): boolean => (tag & 0x20) !== 0;

/** Returns the octets of an OCTET STRING, which may consist of several pieces. */
export function octets(value: Asn1): Buffer {
  return isConstructed(value.tag) ? Buffer.concat(value.parts.map(octets)) : value.content;
}

/** Returns an OBJECT IDENTIFIER as dotted text. */
export function objectIdentifier({ content }: Asn1): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.trunc(first / 40));
  return [root, first - root * 40, ...rest].join(".");
}
