import type { LogLine } from "@sluice/server/console-contract";
import { plainText } from "../../../ui/ansi.ts";
import { copyText } from "../../../ui/copy.tsx";
import { Icon } from "../../../ui/icons.tsx";
import { prefer, preferences } from "../../../ui/preferences.ts";
import { download } from "../settings-view.tsx";

interface LogToolsOptions {
  /** The deployment, which names the file. */
  readonly id: string;
  /** The lines that are loaded. */
  readonly lines: readonly LogLine[];
  /** The positions of the marked lines: with any, these alone are copied. */
  readonly marked: ReadonlySet<string>;
  readonly isFollowing: boolean;
  readonly follow: () => void;
}

/** What can be done with a log: follow it, wrap it, copy it, take it away. */
export function LogTools({ id, lines, marked, isFollowing, follow }: LogToolsOptions) {
  return (
    <span class="push row">
      <button type="button" class="button quiet small" aria-pressed={isFollowing} onClick={follow}>
        <Icon name="down" size={14} /> {isFollowing ? "Following" : "Follow"}
      </button>
      <button
        type="button"
        class="button quiet small"
        aria-pressed={preferences.value.isWrapped}
        onClick={() => prefer({ isWrapped: !preferences.value.isWrapped })}
      >
        Wrap
      </button>
      <button
        type="button"
        class="button quiet small"
        onClick={() =>
          void copyText(
            textOf(marked.size > 0 ? lines.filter(({ position }) => marked.has(position)) : lines),
            marked.size > 0 ? "the marked lines" : "the loaded lines",
          )
        }
      >
        <Icon name="copy" size={14} /> Copy
      </button>
      <button
        type="button"
        class="button quiet small"
        onClick={() => download(textOf(lines), `${id}.log`, "text/plain")}
      >
        <Icon name="down" size={14} /> Download
      </button>
    </span>
  );
}

const textOf = (lines: readonly LogLine[]): string => `${lines.map(({ text }) => plainText(text)).join("\n")}\n`;
