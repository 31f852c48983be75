import type { EventState, Status, TargetState } from "@sluice/server/console-contract";

/** What a status means to who looks: it has a colour, and, because colour alone says nothing, a glyph. */
export type Tone = "ok" | "bad" | "run" | "wait" | "idle" | "skip";

const tones: Readonly<Record<Status | TargetState | EventState, Tone>> = {
  Created: "idle",
  Queued: "idle",
  Pending: "idle",
  InProgress: "run",
  Baking: "run",
  Ready: "wait",
  Succeeded: "ok",
  Failed: "bad",
  Stopped: "wait",
  Skipped: "skip",
  Unknown: "wait",
};

const words: Readonly<Record<string, string>> = { InProgress: "In progress" };

/** The tone of a status; of one that we do not know, none. */
export const toneOf = (status: string): Tone => tones[status as Status] ?? "idle";

/** A status in words. */
export const statusWord = (status: string): string => words[status] ?? status;
