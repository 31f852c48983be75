import type { Socket } from "node:net";

/** Pieces up to so many bytes are copied behind the head, which is cheaper than to send two. */
const copiedBytesMax = 16 * 1024;

/** Writes one answer: its head goes out with the first piece of its body, and a body of unknown length in chunks. */
export class AnswerWriter {
  readonly #socket: Socket;
  readonly #isChunked: boolean;
  /** What waits for more to go out with. */
  #pending: string;
  #isCorked = false;

  /** The head has all lines but those about the connection. */
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

  /** Sends a piece of the body. False: wait until the socket is ready. */
  piece(bytes: Buffer): boolean {
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

  /** Sends what has been waiting for more. */
  flush(): void {
    if (this.#pending !== "") this.#socket.write(this.#pending, "latin1");
    this.#pending = "";
    if (this.#isCorked) this.#socket.uncork();
    this.#isCorked = false;
  }

  /** Sends what is left, and the end. */
  finish(): void {
    if (this.#isChunked) this.#pending += "0\r\n\r\n";
    this.flush();
  }
}
