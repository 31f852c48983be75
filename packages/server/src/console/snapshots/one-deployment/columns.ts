/** Bytes as base64. */
export const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/** Numbers of two bytes as base64, the low byte first whatever the processor does. */
export function base64Of16(numbers: Uint16Array): string {
  const bytes = Buffer.alloc(numbers.length * 2);
  for (const [place, number] of numbers.entries()) bytes.writeUInt16LE(number, place * 2);
  return bytes.toString("base64");
}

/** Numbers of two bytes where they fit, else of four, the low byte first. */
export function base64OfIndexes(indexes: readonly number[]): { readonly indexes: string; readonly indexBytes: 2 | 4 } {
  const indexBytes = indexes.some((index) => index > 65_535) ? 4 : 2;
  const bytes = Buffer.alloc(indexes.length * indexBytes);
  for (const [place, index] of indexes.entries()) bytes.writeUIntLE(index, place * indexBytes, indexBytes);
  return { indexes: bytes.toString("base64"), indexBytes };
}
