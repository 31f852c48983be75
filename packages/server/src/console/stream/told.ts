/** A delta that readers are told: made once, and written to each as the same bytes. */
export class Told {
  readonly #members: string;
  readonly #cursor: number;
  #frame: Buffer | undefined;

  /** `members` are those of the delta as JSON, without braces and cursor. */
  constructor(members: string, cursor: number) {
    this.#members = members;
    this.#cursor = cursor;
  }

  /** The delta as JSON. */
  get json(): string {
    return `{"cursor":"${this.#cursor}",${this.#members}}`;
  }

  /** The delta in the framing of server-sent events. */
  get frame(): Buffer {
    this.#frame ??= frameOf("delta", this.json, this.#cursor);
    return this.#frame;
  }
}

/** A message in the framing of server-sent events. JSON has no line ends of its own. */
export const frameOf = (name: string, json: string, cursor?: number): Buffer =>
  Buffer.from(`event: ${name}\n${cursor === undefined ? "" : `id: ${cursor}\n`}data: ${json}\n\n`);
