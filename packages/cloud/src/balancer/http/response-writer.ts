import type { Socket } from "node:net";

/** Largest piece of a body that is copied behind the head, in bytes: up to here one write is cheaper than two. */
const copiedBytesMax = 16 * 1024;

/** Writes one response. Its head goes out with the first piece of its body; a body of unknown length goes out in chunks. */
export class ResponseWriter {
  readonly #socket: Socket;
  readonly #isChunked: boolean;
  /** Text that is held back to go out with the next piece. */
  #pending: string;
  #isCorked = false;

  /** `head` has all lines but those about the connection and the transfer coding. */
  constructor(
    socket: Socket,
    head: string,
    { isChunked, closes }: { readonly isChunked: boolean; readonly closes: boolean },
  ) {
    this.#socket = socket;
    this.#isChunked = isChunked;
    const coding = isChunked ? "Transfer-Encoding: chunked\r\n" : "";
    this.#pending = `${head}${coding}Connection: ${closes ? "close" : "keep-alive"}\r\n\r\n`;
  }

  /** Writes a piece of the body. Returns false where the next one must wait for the socket's `drain`. */
  write(bytes: Buffer): boolean {
    const socket = this.#socket;
    const head = this.#isChunked ? `${this.#pending}${bytes.length.toString(16)}\r\n` : this.#pending;
    this.#pending = "";
    if (this.#isChunked && !this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
    }
    const end = this.#isChunked ? "\r\n" : "";
    if (head !== "" && bytes.length <= copiedBytesMax)
      return socket.write(`${head}${bytes.toString("latin1")}${end}`, "latin1");
    if (head !== "") socket.write(head, "latin1");
    const isReady = socket.write(bytes);
    return end === "" ? isReady : socket.write(end, "latin1");
  }

  /** Sends what was held back. */
  flush(): void {
    if (this.#pending !== "") this.#socket.write(this.#pending, "latin1");
    this.#pending = "";
    if (this.#isCorked) this.#socket.uncork();
    this.#isCorked = false;
  }

  /** Sends what was held back, and ends the body. */
  finish(): void {
    if (this.#isChunked) this.#pending += "0\r\n\r\n";
    this.flush();
  }
}
