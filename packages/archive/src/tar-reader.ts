import { ByteReader } from "./byte-reader.ts";
import { blockBytes, overruled, readHead, readRecords, type TarHead, textIn } from "./tar-head.ts";
import { checkMap, readOldMap, readPaxMap, type SparseMap, withHoles } from "./tar-sparse.ts";

/** A piece of a file: bytes, or how many zeros the archive has left out. */
export type Piece = Uint8Array | number;

/** Bytes of one header beside the entries: a name is 4 KiB at most, and tools keep extended attributes there. */
const headerBytesMax = 2 ** 20;

/** Bytes that are passed over at a time. */
const passedAtOnce = 2 ** 16;

/** Who is told of what is not an entry. */
export interface TarListener {
  /** Of bytes that no entry's content is read from, before they are read. */
  readonly passing: (bytes: number) => void;
  readonly warn: (line: string) => void;
}

/** What was read of the headers before an entry. */
interface Said {
  readonly own: Map<string, string>;
  /** Records of a sparse file's places, which stand there more than once. */
  readonly listed: string[];
}

/** Reads a tar archive from top to bottom, in all usual forms: the oldest, POSIX's with and without pax headers, GNU's with long names and sparse files. */
export class TarReader {
  readonly #bytes: ByteReader;
  readonly #listener: TarListener;
  /** Valid for all entries to come. */
  #records: ReadonlyMap<string, string> = new Map();
  /** Of the current entry, what has not been read. */
  #contentLeft = 0;
  #fillingLeft = 0;
  #map: SparseMap | undefined;

  constructor(chunks: AsyncIterable<Uint8Array>, listener: TarListener) {
    this.#bytes = new ByteReader(chunks);
    this.#listener = listener;
  }

  /** The next entry's head; undefined at the end. What was not read of the entry before is passed over. */
  async next(): Promise<TarHead | undefined> {
    await this.#passOver();
    const said: Said = { own: new Map(), listed: [] };
    for (;;) {
      const block = await this.#bytes.exactly(blockBytes);
      if (block === undefined) return undefined;
      const head = readHead(block);
      if (head === undefined) return this.#end();
      if (!(await this.#isHeader(head, said))) return this.#begin(head, block, said);
    }
  }

  /** The current entry's content; a number stands for so many zeros. */
  content(): AsyncIterable<Piece> {
    return this.#map === undefined ? this.#stored() : withHoles(this.#stored(), this.#map);
  }

  /** Reads what says something of entries to come. */
  async #isHeader(head: TarHead, { own, listed }: Said): Promise<boolean> {
    switch (head.type) {
      case "L":
        own.set("path", textIn(await this.#header(head)));
        return true;
      case "K":
        own.set("linkpath", textIn(await this.#header(head)));
        return true;
      case "x":
      case "X": // Solaris's letter for the same
        for (const [key, value] of readRecords(await this.#header(head), listed)) own.set(key, value);
        return true;
      case "g":
        this.#records = new Map([...this.#records, ...readRecords(await this.#header(head))]);
        return true;
      case "V": // the name of the whole archive
        await this.#header(head);
        return true;
      default:
        return false;
    }
  }

  async #begin(said: TarHead, block: Buffer, { own, listed }: Said): Promise<TarHead> {
    const records = this.#records.size === 0 ? own : new Map([...this.#records, ...own]);
    const head = typed(records.size === 0 ? said : overruled(said, records));
    const size = said.type === "D" || head.type !== "5" ? head.size : 0; // a folder's size is a hint, nothing follows
    this.#contentLeft = size;
    this.#fillingLeft = filling(size);
    const source = { bytes: this.#bytes, passing: this.#listener.passing };
    if (head.type === "S") this.#map = await readOldMap(block, source);
    else if (head.type === "0" && records.size > 0) this.#map = await readPaxMap(head, { records, listed, source });
    if (this.#map === undefined) return head;
    this.#contentLeft -= this.#map.mapBytes;
    checkMap(this.#map, this.#contentLeft);
    return { ...head, name: records.get("GNU.sparse.name") ?? head.name, size: this.#map.size };
  }

  /** Two blocks of zeros are the end. What is behind them is not read as an archive: a second one is somebody else's. */
  async #end(): Promise<undefined> {
    const { passing, warn } = this.#listener;
    const second = await this.#bytes.exactly(blockBytes).catch(() => undefined);
    if (second !== undefined && readsAsEntry(second))
      warn("The archive has a lone block of zeros, at which it ends: what is behind it was not unpacked");
    for (
      let part: Uint8Array | undefined = second ?? empty;
      part !== undefined;
      part = await this.#bytes.some(passedAtOnce)
    )
      passing(part.length);
    return undefined;
  }

  async *#stored(): AsyncGenerator<Uint8Array> {
    while (this.#contentLeft > 0) {
      const part = await this.#bytes.some(this.#contentLeft);
      if (part === undefined) throw new Error(`It ends ${this.#contentLeft} bytes early`);
      this.#contentLeft -= part.length;
      yield part;
    }
  }

  /** A header's own content. */
  async #header({ size }: TarHead): Promise<Buffer> {
    if (size > headerBytesMax) throw new Error(`A header has ${size} bytes, and ${headerBytesMax} is the most`);
    this.#listener.passing(size);
    const bytes = await this.#bytes.exactly(size + filling(size));
    if (bytes === undefined) {
      if (size === 0) return empty;
      throw new Error("It ends in a header");
    }
    return bytes.subarray(0, size);
  }

  async #passOver(): Promise<void> {
    this.#map = undefined;
    if (this.#contentLeft > 0) this.#listener.passing(this.#contentLeft);
    for await (const _ of this.#stored());
    if (this.#fillingLeft > 0 && (await this.#bytes.exactly(this.#fillingLeft)) === undefined)
      throw new Error("It ends in an entry");
    this.#fillingLeft = 0;
  }
}

const empty = Buffer.alloc(0);

/** Whether a block is the head of an entry. */
function readsAsEntry(block: Buffer): boolean {
  try {
    return readHead(block) !== undefined;
  } catch {
    return false; // it is something else, and nobody wants to know what
  }
}

/** Bytes after a content, up to whole blocks. */
const filling = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

/** What is the same is called the same. */
function typed(head: TarHead): TarHead {
  if (head.type === "D") return { ...head, type: "5" }; // a folder with its list of names, from an incremental backup
  if (head.type !== "0" && head.type !== "7") return head; // 7: a file in one piece, to systems that know such
  return { ...head, type: head.name.endsWith("/") ? "5" : "0" }; // the oldest form has no folders, only names with a slash
}
