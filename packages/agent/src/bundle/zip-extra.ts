import { crc32 } from "node:zlib";
import type { ByteName } from "@sluice/archive";

// What programs add to a zip archive's entries: fields of a number, a length and bytes.

/** The fields of one entry by number; of several with one number the first counts. What does not fit is no field. */
export function extraFields(extra: Buffer): ReadonlyMap<number, Buffer> {
  const fields = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= extra.length;) {
    const [id, bytes] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)];
    at += 4 + bytes;
    if (at <= extra.length && !fields.has(id)) fields.set(id, extra.subarray(at - bytes, at));
  }
  return fields;
}

/** The name in UTF-8 that Info-ZIP writes beside one in another alphabet, if it is that of this name. */
export function unicodePath(field: Buffer | undefined, raw: Buffer): ByteName | undefined {
  if (field === undefined || field.length < 6 || field[0] !== 1) return undefined;
  return field.readUInt32LE(1) === crc32(raw) ? field.toString("latin1", 5) : undefined;
}

/** When an entry was changed: in Unix's or in Windows's time where it says so, otherwise in MS-DOS's, which knows no time zones. */
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

/** From 1601, where Windows begins to count, to 1970. */
const windowsEpochMilliseconds = 11_644_473_600_000;

function dateOrNothing(milliseconds: number): Date | undefined {
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds) : undefined;
}
