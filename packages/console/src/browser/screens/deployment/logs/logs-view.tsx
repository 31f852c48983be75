import type { LogLine } from "@sluice/server/console-contract";
import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { query, setQuery } from "../../../live/router.ts";
import { Empty, Failure, Loading } from "../../../ui/pictures.tsx";
import { preferences } from "../../../ui/preferences.ts";
import { number } from "../../../ui/share-bar.tsx";
import { LineWindow } from "./line-window.ts";
import { type LogFilter, LogFilters } from "./log-filters.tsx";
import { LogTools } from "./log-tools.tsx";
import { VirtualLines } from "./virtual-lines.tsx";

interface LogsViewOptions {
  readonly id: string;
  /** The lifecycle events, in their order. */
  readonly events: readonly string[];
  readonly hasFailed: boolean;
}

/** What the scripts wrote: opens at the failure, and follows what is written. */
export function LogsView({ id, events, hasFailed }: LogsViewOptions) {
  const filter: LogFilter = {
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
  const toggleFollowing = () => follow(window, isFollowing);
  const startAt = (all: readonly LogLine[]) => startOf(all, from, hasFailed);
  return (
    <section class="panel logs" aria-label="Log">
      <header>
        <LogFilters filter={filter} events={events} />
        <LogTools id={id} lines={lines} marked={marked} isFollowing={isFollowing.value} follow={toggleFollowing} />
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
      <Foot window={window} isFollowing={isFollowing.value} follow={toggleFollowing} />
    </section>
  );
}

function follow(window: LineWindow, isFollowing: { value: boolean }): void {
  isFollowing.value = !isFollowing.value;
  window.unseen.value = 0;
  if (isFollowing.value && window.later.value !== undefined) void window.open("end");
}

interface FootOptions {
  readonly window: LineWindow;
  readonly isFollowing: boolean;
  readonly follow: () => void;
}

/** How much of the log is here, and what came while the reader was elsewhere. */
function Foot({ window, isFollowing, follow }: FootOptions) {
  return (
    <footer class="logs-foot small muted">
      <span>
        {number(window.lines.value.length)} of {number(window.total.value)} lines loaded
        {!window.isWhole.value && ". Hosts send only the last 2,048 characters of each script's output"}
        {window.cut.value !== undefined && `. ${window.cut.value}`}
      </span>
      {!isFollowing && window.unseen.value > 0 && (
        <button type="button" class="button small" onClick={follow}>
          {number(window.unseen.value)} new
        </button>
      )}
    </footer>
  );
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
