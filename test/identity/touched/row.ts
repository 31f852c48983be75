/** What an operation touches, and every way in which a request may name it. */
export interface Row {
  /** The same thing, spelled in each way that the operation takes. */
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  /** ARNs, as AWS's service authorization reference writes them; a Deny on any of them refuses each of the requests. */
  readonly touches: readonly string[];
  /** Whether what is touched has the tag `protected`, with the value `true`, which conditions may ask for. */
  readonly isTagged?: boolean;
}

/** By operation. `nothing`: by AWS's reference it is not about any particular resource. */
export type Rows = Readonly<Record<string, Row | "nothing">>;

/** The same row for several operations. */
export const each = (operations: string, row: Row | "nothing"): Rows =>
  Object.fromEntries(
    operations
      .split(/\s+/)
      .filter((name) => name !== "")
      .map((name) => [name, row]),
  );

/** A row of something that has the tag `protected`. */
export const tagged = (touches: readonly string[], ...inputs: Row["inputs"]): Row => ({
  inputs,
  touches,
  isTagged: true,
});

/** A row of something without that tag. */
export const plain = (touches: readonly string[], ...inputs: Row["inputs"]): Row => ({ inputs, touches });
