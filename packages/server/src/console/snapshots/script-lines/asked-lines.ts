/** Which lines are asked for. Without a place: the last ones. */
export interface AskedLines {
  readonly target: string | undefined;
  readonly event: string | undefined;
  /** In small letters. */
  readonly text: string | undefined;
  readonly limit: number;
  readonly after: number | undefined;
  readonly before: number | undefined;
  readonly around: number | "failure" | undefined;
}
