import type { LogLine } from "@sluice/server/console-contract";
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { AnsiText } from "../../../ui/ansi-text.tsx";
import { clockText } from "../../../ui/time.tsx";
import type { LineWindow } from "./line-window.ts";

/** Height of a line, in pixels: all have the same, so that any line is found by a product. */
const lineHeight = 20;

/** Lines drawn beyond what is seen, at each end. */
const margin = 30;

/** Lines that are drawn when long ones are wrapped, whose heights nobody knows before. */
const wrappedMax = 380;

interface VirtualLinesOptions {
  readonly window: LineWindow;
  readonly found: string;
  readonly isWrapped: boolean;
  readonly isFollowing: boolean;
  readonly showsTarget: boolean;
  /** Positions that a link marks. */
  readonly marked: ReadonlySet<string>;
  /** Where to begin, if not at the end. */
  readonly startAt: (lines: readonly LogLine[]) => number | undefined;
  readonly onScrollUp: () => void;
  readonly onMark: (line: LogLine, isRange: boolean) => void;
}

/** Lines of a log, of which only those that are seen are in the page. */
export function VirtualLines(options: VirtualLinesOptions) {
  const { window, isWrapped, isFollowing, startAt, onScrollUp } = options;
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(600);
  const hasStarted = useRef(false);
  const lines = window.lines.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => (height.value = element.clientHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || lines.length === 0) return;
    if (!hasStarted.current) {
      hasStarted.current = true;
      const at = startAt(lines);
      element.scrollTop =
        at === undefined ? element.scrollHeight : Math.max(0, at * lineHeight - element.clientHeight / 2);
    } else if (isFollowing) element.scrollTop = element.scrollHeight;
    else if (window.prepended !== 0) element.scrollTop += window.prepended * lineHeight;
    window.prepended = 0;
  }, [lines, isFollowing]);
  const onScroll = () => {
    const element = box.current;
    if (element === null) return;
    const isUp = element.scrollTop < top.peek() - 2;
    const isAtEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - lineHeight;
    top.value = element.scrollTop;
    if (isUp && !isAtEnd) onScrollUp();
    if (element.scrollTop < 40 * lineHeight && window.earlier.value !== undefined) void window.readEarlier();
    if (element.scrollHeight - element.scrollTop - element.clientHeight < 40 * lineHeight) void window.readLater();
  };
  const first = isWrapped
    ? Math.max(0, lines.length - wrappedMax)
    : Math.max(0, Math.floor(top.value / lineHeight) - margin);
  const last = isWrapped
    ? lines.length
    : Math.min(lines.length, Math.ceil((top.value + height.value) / lineHeight) + margin);
  return (
    <div
      class={`lines${isWrapped ? " wrapped" : ""}`}
      ref={box}
      onScroll={onScroll}
      tabIndex={0}
      role="region"
      aria-label={`Log, ${lines.length} lines loaded of ${window.total.value}`}
    >
      <div style={isWrapped ? {} : { height: `${lines.length * lineHeight}px`, paddingTop: `${first * lineHeight}px` }}>
        {isWrapped && first > 0 && <p class="quietline">Lines before these are shown without wrapping.</p>}
        {lines.slice(first, last).map((line) => (
          <Line key={line.position} line={line} {...options} />
        ))}
      </div>
    </div>
  );
}

function Line({ line, found, showsTarget, marked, onMark }: VirtualLinesOptions & { readonly line: LogLine }) {
  const { position, target, event, stream, line: number, at, text, level } = line;
  const isMarked = marked.has(position);
  return (
    <div
      class={`line${level === undefined ? "" : ` is-${level}`}${stream === "stderr" ? " stderr" : ""}${isMarked ? " marked" : ""}`}
    >
      <button
        type="button"
        class="line-number"
        tabIndex={-1}
        data-number={number}
        title={`Link to this line${at === undefined ? "" : `, ${clockText(at, { full: true, milliseconds: true })}`}`}
        aria-label={`Link to line ${number}`}
        onClick={(click) => onMark(line, click.shiftKey)}
      />
      {showsTarget && <span class="line-target" data-target={target} title={`${target} ${event}`} />}
      <span class="line-text">
        <AnsiText line={text} found={found} />
      </span>
    </div>
  );
}
