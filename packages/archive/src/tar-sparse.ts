import type { ByteReader } from "./byte-reader.ts";
import { blockBytes, readSparsePlaces, sparseSize, type TarHead } from "./tar-head.ts";

// A sparse file has holes, which an archive leaves out: it keeps the parts between them, one after the other, and says
// where they belong. GNU tar has had four ways to say it: in heads of its own, and in pax records of three versions.

/** One part of a sparse file: where it belongs, and its bytes. */
export type SparsePlace = readonly [offset: number, bytes: number];

/** Where the parts of a sparse file belong. */
export interface SparseMap {
  /** Bytes of the whole file. */
  readonly size: number;
  readonly places: readonly SparsePlace[];
  /** Bytes of the content that the map itself took. */
  readonly mapBytes: number;
}

/** Bytes of one map: a million numbers, which no real file needs. */
const mapBytesMax = 4 * 2 ** 20;

/** What is read while a map is: further bytes, and those bytes told of. */
export interface MapSource {
  readonly bytes: ByteReader;
  readonly passing: (bytes: number) => void;
}

/** Reads the map of a file in GNU's old form, which stands in its head and in blocks behind it. */
export async function readOldMap(head: Buffer, source: MapSource): Promise<SparseMap> {
  let part = readSparsePlaces(head, "head");
  const places: SparsePlace[] = [...part.places];
  for (let read = 0; part.isContinued; read += blockBytes) {
    if (read >= mapBytesMax) throw tooLong();
    part = readSparsePlaces(await nextBlock(source), "more");
    places.push(...part.places);
  }
  return { size: sparseSize(head), places, mapBytes: 0 };
}

/** Reads the map of a file in pax form; undefined when its records name none. `listed` are the records that stand there once for each part. */
export async function readPaxMap(
  head: TarHead,
  { records, listed, source }: { records: ReadonlyMap<string, string>; listed: readonly string[]; source: MapSource },
): Promise<SparseMap | undefined> {
  const realSize = records.get("GNU.sparse.realsize") ?? records.get("GNU.sparse.size");
  if (realSize === undefined && !records.has("GNU.sparse.major")) return undefined;
  const size = wholeNumber(realSize);
  if (records.has("GNU.sparse.major")) {
    if (records.get("GNU.sparse.major") !== "1")
      throw new Error(`A header's version of sparse files is "${records.get("GNU.sparse.major")}", which is not known`);
    return { size, ...(await readMapInContent(head, source)) };
  }
  const map = records.get("GNU.sparse.map");
  return { size, places: inPairs((map?.split(",") ?? listed).map(wholeNumber)), mapBytes: 0 };
}

/** Numbers in lines, the first one how many parts there are, filled up to whole blocks. */
async function readMapInContent(head: TarHead, source: MapSource): Promise<Omit<SparseMap, "size">> {
  const numbers: number[] = [];
  const isWhole = () => numbers[0] !== undefined && numbers.length >= 1 + 2 * numbers[0];
  let line = "";
  let mapBytes = 0;
  while (!isWhole()) {
    if (mapBytes + blockBytes > Math.min(mapBytesMax, head.size)) throw tooLong();
    const lines = (line + (await nextBlock(source)).toString("latin1")).split("\n");
    mapBytes += blockBytes;
    line = lines.pop() ?? "";
    for (const text of lines) if (!isWhole()) numbers.push(wholeNumber(text));
    if (!isWhole() && line.length > numberDigitsMax) throw noMap();
  }
  return { places: inPairs(numbers.slice(1)), mapBytes };
}

/** Throws when parts overlap, go back, or are not as long as the content that they are kept in. */
export function checkMap({ size, places }: SparseMap, contentBytes: number): void {
  let at = 0;
  let bytes = 0;
  for (const [offset, length] of places) {
    if (offset < at || offset + length > size) throw noMap();
    at = offset + length;
    bytes += length;
  }
  if (bytes !== contentBytes) throw noMap();
}

/** The pieces of a sparse file: its parts, and how many zeros are between them. */
export async function* withHoles(
  content: AsyncIterable<Uint8Array>,
  { size, places }: SparseMap,
): AsyncGenerator<Uint8Array | number> {
  const left = places.filter(([, bytes]) => bytes > 0).values();
  let at = 0;
  let part = left.next().value;
  for await (const chunk of content) {
    for (let rest = chunk; rest.length > 0 && part !== undefined;) {
      const [offset, bytes] = part;
      if (offset > at) yield offset - at;
      at = Math.max(at, offset);
      const piece = rest.subarray(0, offset + bytes - at);
      yield piece;
      at += piece.length;
      rest = rest.subarray(piece.length);
      if (at === offset + bytes) part = left.next().value;
    }
  }
  if (size > at) yield size - at;
}

async function nextBlock({ bytes, passing }: MapSource): Promise<Buffer> {
  passing(blockBytes);
  const block = await bytes.exactly(blockBytes);
  if (block === undefined) throw new Error("It ends in the map of a sparse file");
  return block;
}

const numberDigitsMax = 16;

function wholeNumber(text = ""): number {
  const number = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) throw noMap();
  return number;
}

function inPairs(numbers: readonly number[]): readonly SparsePlace[] {
  if (numbers.length % 2 !== 0) throw noMap();
  return Array.from({ length: numbers.length / 2 }, (_, index) => [
    numbers[2 * index] ?? 0,
    numbers[2 * index + 1] ?? 0,
  ]);
}

const noMap = () => new Error("A header's map of a sparse file does not fit its content");
const tooLong = () =>
  new Error(`A header's map of a sparse file is longer than ${mapBytesMax} bytes, or than its content`);
