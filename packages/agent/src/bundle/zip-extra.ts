import { crc32 } from "node:zlib";
import type { ByteName } from "@sluice/archive";

// The extra fields of a zip archive's entries: each is a number, a length and bytes.

/** Returns the extra fields of an entry by number. The first one of a number counts; a field that exceeds its room is ignored. */
export function extraFields(extra: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= extra.length;) {
    const [id, bytes] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    at += 4 + bytes;
    if (at <= extra.length && !fields.has(id)) fields.set(id, extra.subarray(at - bytes, at));
  }
  return fields;
}

/** Returns the UTF-8 name of Info-ZIP's Unicode path field; undefined unless the field was written for this raw name. */
export function unicodePath(field: Buffer | undefined, raw: Buffer): ByteName | undefined {
  if (field === undefined || field.length < 6 || field[0] !== 1) return undefined;
  return field.readUInt32LE(1) === crc32(raw) ? field.toString("latin1", 5) : undefined;
}

/** Returns when a file was modified: by the Unix or NTFS field where it has one, else by MS-DOS's time, which has no time zone. */
export function modifiedTime(
  fields: ReadonlyMap<number, Buffer>,
  { date, time }: { date: number; time: number },
): Date | undefined {
  const unix = fields.get(0x5455);
  if (unix !== undefined && unix.length >= 5 && ((unix[0] ?? 0) & 1) !== 0) return new Date(unix.readInt32LE(1) * 1000);
  const windows = fields.get(0x000a);
  if (windows !== undefined && windows.length >= 16 && windows.readUInt32LE(4) === 0x0018_0001)
    return dateOrNothing(Number(windows.readBigUInt64LE(8) / 10_000n) - windowsEpochMilliseconds);
  const [year, month, day] = [(date >> 9) + 1980, ((date >> 5) & 15) - 1, date & 31];
  return new Date(year, month, day, time >> 11, (time >> 5) & 63, (time & 31) * 2);
}

/** From 1601, the epoch of Windows, to 1970. */
const windowsEpochMilliseconds = 11_644_473_600_000;

function dateOrNothing(milliseconds: number): Date | undefined {
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds) : undefined;
}
