import type { Socket } from "node:net";

/** What two nodes say to each other. */
export const kinds = {
  /** The follower proves that it is of the house. */
  proof: 1,
  /** A request whose signature holds. */
  request: 2,
  answer: 3,
  /** Who has asked has gone. */
  gone: 4,
  /** This node does not write, or no longer: ask another. */
  refusal: 5,
  entry: 6,
  /** How far the writer is. */
  position: 7,
} as const;

/** A message: of a kind, about an exchange, with a head of JSON and a body of bytes. */
export interface Frame {
  readonly kind: number;
  readonly id: number;
  readonly head: unknown;
  readonly body: Buffer;
}

/** Bytes before head and body: the length of both, the kind, the exchange, the length of the head. */
const prefixBytes = 13;

/** The longest frame that is read, in bytes: longer entries are read from the journal. */
export const frameBytesMax = 20 * 1024 * 1024;

/** What a peer may leave unread before it is given up, in bytes. */
const unreadBytesMax = 256 * 1024 * 1024;

/** Frames over one connection. All of a turn of the event loop go out in one write. */
export class Frames {
  readonly #socket: Socket;
  readonly #take: (frame: Frame) => void;
  #out: Buffer[] = [];
  #in: Buffer[] = [];
  #length = 0;
  /** How long the incoming frame is. */
  #wanted = prefixBytes;
  #bytesMax: number;

  /** `take` gets each frame, of at most so many bytes. What is no frame ends the connection. */
  constructor(socket: Socket, take: (frame: Frame) => void, bytesMax = frameBytesMax) {
    this.#socket = socket;
    this.#take = take;
    this.#bytesMax = bytesMax;
    socket.setNoDelay(true);
    socket.setTimeout(0);
    socket.on("data", (bytes: Buffer) => this.read(bytes));
  }

  /** Sends a frame. */
  send(kind: number, id: number, head: unknown = null, body: Uint8Array | string = ""): void {
    const headBytes = Buffer.from(JSON.stringify(head));
    const bodyBytes = typeof body === "string" ? Buffer.from(body) : body;
    const prefix = Buffer.allocUnsafe(prefixBytes);
    prefix.writeUInt32BE(headBytes.length + bodyBytes.length, 0);
    prefix.writeUInt8(kind, 4);
    prefix.writeUInt32BE(id, 5);
    prefix.writeUInt32BE(headBytes.length, 9);
    if (this.#out.length === 0) setImmediate(() => this.#flush());
    this.#out.push(prefix, headBytes, bodyBytes as Buffer); // any bytes will do for `concat`
  }

  /** The other side has proved itself: it may send frames as long as any. */
  trust(): void {
    this.#bytesMax = frameBytesMax;
  }

  /** Takes bytes that have come. */
  read(bytes: Buffer): void {
    this.#in.push(bytes);
    this.#length += bytes.length;
    while (this.#length >= this.#wanted && !this.#socket.destroyed) {
      const all = this.#in.length === 1 ? (this.#in[0] ?? bytes) : Buffer.concat(this.#in);
      const [length, headLength] = [all.readUInt32BE(0), all.readUInt32BE(9)];
      if (length > this.#bytesMax || headLength > length) return this.#refuse();
      this.#in = [all];
      this.#wanted = prefixBytes + length;
      if (all.length < this.#wanted) return;
      this.#in = all.length === this.#wanted ? [] : [all.subarray(this.#wanted)];
      this.#length = all.length - this.#wanted;
      this.#wanted = prefixBytes;
      const end = prefixBytes + headLength;
      const head = parse(all.subarray(prefixBytes, end));
      if (head === undefined) return this.#refuse();
      this.#take({
        kind: all.readUInt8(4),
        id: all.readUInt32BE(5),
        head,
        body: all.subarray(end, prefixBytes + length),
      });
    }
  }

  /** Ends the connection. */
  close(): void {
    this.#socket.destroy();
  }

  #flush(): void {
    const out = this.#out;
    this.#out = [];
    if (this.#socket.writableLength > unreadBytesMax) return this.close();
    if (this.#socket.writable) this.#socket.write(Buffer.concat(out));
  }

  #refuse(): void {
    this.#socket.destroy();
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch {
    return undefined; // no frame of ours
  }
}
