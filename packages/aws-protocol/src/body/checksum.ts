import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";

/** A checksum that is computed piece by piece. */
export interface Checksum {
  update(bytes: Uint8Array): void;
  /** The result in base64, as S3's headers and trailers carry it. */
  base64(): string;
}

/** Returns a new checksum of the algorithm that follows `x-amz-checksum-`, or undefined when there is no such algorithm. */
export function createChecksum(name: string): Checksum | undefined {
  if (name === "crc32") return crc((sum, bytes) => crc32(bytes, sum));
  if (name === "crc32c") return crc(crc32c);
  if (name === "crc64nvme") return crc64nvme();
  return name === "sha1" || name === "sha256" ? hashed(createHash(name)) : undefined;
}

function hashed(hash: Hash): Checksum {
  return { update: (bytes) => void hash.update(bytes), base64: () => hash.copy().digest("base64") };
}

function crc(step: (sum: number, bytes: Uint8Array) => number): Checksum {
  let sum = 0;
  return {
    update: (bytes) => {
      sum = step(sum, bytes);
    },
    base64: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(sum >>> 0);
      return bytes.toString("base64");
    },
  };
}

// The reflected Castagnoli polynomial.
const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82_f6_3b_78 : value >>> 1;
  return value >>> 0;
});

function crc32c(sum: number, bytes: Uint8Array): number {
  let value = ~sum;
  for (const byte of bytes) value = (value >>> 8) ^ (crc32cTable[(value ^ byte) & 0xff] ?? 0);
  return ~value;
}

// The reflected NVMe polynomial. Two 32-bit halves a row: numbers hold no 64 bits, and big integers are slow.
const crc64Rows = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a_6c_93_29_ac_4b_c9_b5n : value >> 1n;
  return value;
});
const crc64High = Uint32Array.from(crc64Rows, (row) => Number(row >> 32n));
const crc64Low = Uint32Array.from(crc64Rows, (row) => Number(row & 0xff_ff_ff_ffn));

function crc64nvme(): Checksum {
  let high = 0xff_ff_ff_ff;
  let low = 0xff_ff_ff_ff;
  return {
    update: (bytes) => {
      for (const byte of bytes) {
        const index = (low ^ byte) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (crc64Low[index] ?? 0);
        high = (high >>> 8) ^ (crc64High[index] ?? 0);
      }
    },
    base64: () => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(~high >>> 0, 0);
      bytes.writeUInt32BE(~low >>> 0, 4);
      return bytes.toString("base64");
    },
  };
}
