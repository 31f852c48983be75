// As much of DER as certificates and signed specifications need: each value is its tag, its length and its content.

/** A value of any tag. */
export function tagged(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.trunc(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

/** A sequence of values. */
export const sequence = (...values: readonly Uint8Array[]): Buffer => tagged(0x30, Buffer.concat(values));

/** A set of values, in the order that DER has them in. */
export const setOf = (...values: readonly Uint8Array[]): Buffer =>
  tagged(0x31, Buffer.concat(values.toSorted((one, other) => Buffer.compare(one, other))));

/** A number that is not negative, given as its bytes. */
export const integer = (bytes: Uint8Array): Buffer =>
  tagged(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);

/** Bytes, as many bits as they have. */
export const bitString = (bytes: Uint8Array): Buffer => tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));

/** Bytes. */
export const octetString = (bytes: Uint8Array): Buffer => tagged(0x04, bytes);

/** Text. */
export const utf8String = (text: string): Buffer => tagged(0x0c, Buffer.from(text));

/** The value `true`. */
export const yes: Buffer = tagged(0x01, Buffer.from([0xff]));

/** A moment, in milliseconds since the epoch, with four digits for the year. */
export const moment = (milliseconds: number): Buffer =>
  tagged(0x18, Buffer.from(new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, "")));

/** A moment, in milliseconds since the epoch, with two digits for the year: one before 2050. */
export const shortMoment = (milliseconds: number): Buffer => tagged(0x17, moment(milliseconds).subarray(4));

/** No value. */
export const nothing: Buffer = tagged(0x05, Buffer.alloc(0));

/** An object identifier from its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc % 128];
    for (let left = Math.trunc(arc / 128); left > 0; left = Math.trunc(left / 128)) digits.unshift(0x80 | (left % 128));
    bytes.push(...digits);
  }
  return tagged(0x06, Buffer.from(bytes));
}
