import type { LogLine } from "@sluice/server/console-contract";
import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { query, setQuery, withQuery } from "../../../live/router.ts";
import { plainText } from "../../../ui/ansi.ts";
import { copyText } from "../../../ui/copy.tsx";
import { FilterInput } from "../../../ui/filters.tsx";
import { Icon } from "../../../ui/icons.tsx";
import { Empty, Failure, Loading } from "../../../ui/pictures.tsx";
import { prefer, preferences } from "../../../ui/preferences.ts";
import { number } from "../../../ui/share-bar.tsx";
import { download } from "../settings-view.tsx";
import { LineWindow } from "./line-window.ts";
import { VirtualLines } from "./virtual-lines.tsx";

interface LogsViewOptions {
  readonly id: string;
  /** The lifecycle events, in their order. */
  readonly events: readonly string[];
  readonly hasFailed: boolean;
}

/** What the scripts wrote: opens at the failure, and follows what is written. */
export function LogsView({ id, events, hasFailed }: LogsViewOptions) {
  const filter = {
    target: query.value.get("t") ?? "",
    event: query.value.get("hook") ?? "",
    q: query.value.get("q") ?? "",
  };
  const [from = "", to = from] = (query.value.get("L") ?? "").split("-");
  const isFollowing = useSignal(from === "" && !hasFailed);
  const window = useMemo(() => new LineWindow(id, filter), [id, filter.target, filter.event, filter.q]);
  useEffect(() => {
    void window.open(from !== "" ? from : hasFailed && filter.q === "" ? "failure" : "end");
    return () => window.close();
  }, [window]);
  const lines = window.lines.value;
  const marked = useMemo(() => rangeOf(lines, from, to), [lines, from, to]);
  const onMark = (line: LogLine, isRange: boolean) => {
    isFollowing.value = false;
    setQuery({ L: isRange && from !== "" ? `${from}-${line.position}` : line.position });
  };
  const startAt = (all: readonly LogLine[]) => startOf(all, from, hasFailed);
  return (
    <section class="panel logs" aria-label="Log">
      <header>
        <FilterInput name="q" label="Find in the log" />
        <select
          aria-label="Lifecycle event"
          value={filter.event}
          onChange={(event) => setQuery({ hook: event.currentTarget.value, L: undefined })}
        >
          <option value="">All events</option>
          {events.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        {filter.target !== "" && (
          <span class="tag">
            <span class="mono clip">{filter.target}</span>
            <a href={withQuery({ t: undefined, L: undefined })} aria-label="Show all targets">
              ✕
            </a>
          </span>
        )}
        <span class="push row">
          <button
            type="button"
            class="button quiet small"
            aria-pressed={isFollowing.value}
            onClick={() => follow(window, isFollowing)}
          >
            <Icon name="down" size={14} /> {isFollowing.value ? "Following" : "Follow"}
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
      </header>
      <Body window={window} isEmptyByFilter={filter.q !== "" || filter.target !== "" || filter.event !== ""}>
        <VirtualLines
          key={`${filter.target} ${filter.event} ${filter.q}`}
          window={window}
          found={filter.q}
          isWrapped={preferences.value.isWrapped}
          isFollowing={isFollowing.value}
          showsTarget={filter.target === ""}
          marked={marked}
          startAt={startAt}
          onScrollUp={() => {
            if (isFollowing.peek()) window.unseen.value = 0;
            isFollowing.value = false;
          }}
          onMark={onMark}
        />
      </Body>
      <footer class="logs-foot small muted">
        <span>
          {number(lines.length)} of {number(window.total.value)} lines loaded
          {!window.isWhole.value && ". Hosts send only the last 2,048 characters of each script's output"}
          {window.cut.value !== undefined && `. ${window.cut.value}`}
        </span>
        {!isFollowing.value && window.unseen.value > 0 && (
          <button type="button" class="button small" onClick={() => follow(window, isFollowing)}>
            {number(window.unseen.value)} new
          </button>
        )}
      </footer>
    </section>
  );
}

function follow(window: LineWindow, isFollowing: { value: boolean }): void {
  isFollowing.value = !isFollowing.value;
  window.unseen.value = 0;
  if (isFollowing.value && window.later.value !== undefined) void window.open("end");
}

function Body({
  window,
  isEmptyByFilter,
  children,
}: {
  readonly window: LineWindow;
  readonly isEmptyByFilter: boolean;
  readonly children: ComponentChildren;
}) {
  if (window.error.value !== undefined && !window.hasLoaded.value)
    return <Failure error={window.error.value} retry={() => void window.open("end")} />;
  if (!window.hasLoaded.value) return <Loading what="the log" />;
  if (window.lines.value.length === 0)
    return isEmptyByFilter ? (
      <Empty title="No line matches" text="Neither the text nor the choice of target and event leaves any line." />
    ) : (
      <Empty title="No output yet" text="Lines appear as scripts write them." />
    );
  return <>{children}</>;
}

/** Where the reader begins: at the linked line, at the first line that says error, or at the end. */
function startOf(lines: readonly LogLine[], from: string, hasFailed: boolean): number | undefined {
  const linked = lines.findIndex(({ position }) => position === from);
  if (linked >= 0) return linked;
  if (!hasFailed) return undefined;
  const failure = lines.findIndex(({ level }) => level === "error");
  return failure < 0 ? undefined : failure;
}

function rangeOf(lines: readonly LogLine[], from: string, to: string): ReadonlySet<string> {
  if (from === "") return new Set();
  const ends = [
    lines.findIndex(({ position }) => position === from),
    lines.findIndex(({ position }) => position === to),
  ];
  const [start = -1, end = -1] = ends.toSorted((a, b) => a - b);
  return new Set(start < 0 ? [from, to] : lines.slice(start, end + 1).map(({ position }) => position));
}

const textOf = (lines: readonly LogLine[]): string => `${lines.map(({ text }) => plainText(text)).join("\n")}\n`;
