import { ByteReader } from "./byte-reader.ts";
import { blockBytes, overruled, readHead, readRecords, type TarHead, textIn } from "./tar-head.ts";

/** Bytes of one header beside the entries: a name is 4 KiB at most, and tools keep extended attributes there. */
const headerBytesMax = 2 ** 20;

/** Reads a tar archive from top to bottom, in all usual forms: the oldest, POSIX's with and without pax headers, GNU's with long names. */
export class TarReader {
  readonly #bytes: ByteReader;
  readonly #passing: (bytes: number) => void;
  /** Valid for all entries to come. */
  #records: ReadonlyMap<string, string> = new Map();
  /** Of the current entry, what has not been read. */
  #contentLeft = 0;
  #fillingLeft = 0;

  /** `passing` is told of bytes that no entry's content is read from, before they are read. */
  constructor(chunks: AsyncIterable<Uint8Array>, passing: (bytes: number) => void) {
    this.#bytes = new ByteReader(chunks);
    this.#passing = passing;
  }

  /** The next entry's head; undefined at the end. What was not read of the entry before is passed over. */
  async next(): Promise<TarHead | undefined> {
    await this.#passOver();
    const own = new Map<string, string>();
    for (;;) {
      const block = await this.#bytes.exactly(blockBytes);
      if (block === undefined) return undefined;
      const head = readHead(block);
      if (head === undefined) this.#passing(blockBytes);
      else if (head.type === "L") own.set("path", textIn(await this.#header(head)));
      else if (head.type === "K") own.set("linkpath", textIn(await this.#header(head)));
      else if (head.type === "x") for (const [key, value] of readRecords(await this.#header(head))) own.set(key, value);
      else if (head.type === "g") this.#records = new Map([...this.#records, ...readRecords(await this.#header(head))]);
      else return this.#begin(head, new Map([...this.#records, ...own]));
    }
  }

  /** The current entry's content. */
  async *content(): AsyncGenerator<Uint8Array> {
    while (this.#contentLeft > 0) {
      const part = await this.#bytes.some(this.#contentLeft);
      if (part === undefined) throw new Error(`It ends ${this.#contentLeft} bytes early`);
      this.#contentLeft -= part.length;
      yield part;
    }
  }

  #begin(said: TarHead, records: ReadonlyMap<string, string>): TarHead {
    const head = typed(records.size === 0 ? said : overruled(said, records), records);
    const size = head.type === "5" ? 0 : head.size; // a folder's size is a hint, nothing follows
    this.#contentLeft = size;
    this.#fillingLeft = filling(size);
    return head;
  }

  /** A header's own content. */
  async #header({ size }: TarHead): Promise<Buffer> {
    if (size > headerBytesMax) throw new Error(`A header has ${size} bytes, and ${headerBytesMax} is the most`);
    this.#passing(size);
    const bytes = await this.#bytes.exactly(size + filling(size));
    if (bytes === undefined) throw new Error("It ends in a header");
    return bytes.subarray(0, size);
  }

  async #passOver(): Promise<void> {
    if (this.#contentLeft > 0) this.#passing(this.#contentLeft);
    for await (const _ of this.content());
    if (this.#fillingLeft > 0 && (await this.#bytes.exactly(this.#fillingLeft)) === undefined)
      throw new Error("It ends in an entry");
    this.#fillingLeft = 0;
  }
}

/** Bytes after a content, up to whole blocks. */
const filling = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

/** What is the same is called the same. */
function typed(head: TarHead, records: ReadonlyMap<string, string>): TarHead {
  if (head.type !== "0" && head.type !== "7") return head; // 7: a file in one piece, to systems that know such
  if ([...records.keys()].some((key) => key.startsWith("GNU.sparse."))) return { ...head, type: "S" };
  return { ...head, type: head.name.endsWith("/") ? "5" : "0" }; // the oldest form has no folders, only names with a slash
}
