import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { go, pathTo } from "../../../live/router.ts";
import { number } from "../../../ui/share-bar.tsx";
import { preferences } from "../../../ui/preferences.ts";
import { Glyph } from "../../../ui/status.tsx";
import { statusWord } from "../../../ui/tone.ts";
import { type Columns, countStates, describe, eventOf, keyOf, stateOf } from "./columns.ts";
import { type Layout, layOut, targetAt } from "./layout.ts";
import { type Palette, paintAll, paintSome, paletteOf } from "./paint.ts";

/** Where changed cells are told, so that a grid draws these alone. */
export type CellListener = (changed: readonly number[]) => void;

interface GridOptions {
  readonly id: string;
  readonly columns: Columns;
  readonly by: string;
  /** The targets that are shown. */
  readonly shown: readonly number[];
  readonly listeners: Set<CellListener>;
  /** Grows with each change of cells: labels count them. */
  readonly version: number;
  readonly onSelect: (indexes: readonly number[]) => void;
}

/** Thousands of targets as one picture: each is a cell that stays in its place. The arrow keys walk over it, and the text below it says the same. */
export function Grid({ id, columns, by, shown, listeners, onSelect }: GridOptions) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(frame);
  const at = useSignal<number | undefined>(undefined);
  const layout = useMemo(
    () => (width === 0 ? undefined : layOut(columns, by, width, shown)),
    [columns, by, width, shown],
  );
  usePainting(canvas, columns, layout, listeners);
  const drag = useDragging(layout, onSelect);
  const open = (index: number | undefined) => {
    const target = index === undefined ? undefined : columns.ids[index];
    if (target !== undefined) go(pathTo("target", { id, target }));
  };
  const place = (event: PointerEvent | MouseEvent) => {
    const box = canvas.current?.getBoundingClientRect();
    return box === undefined || layout === undefined
      ? undefined
      : targetAt(layout, event.clientX - box.left, event.clientY - box.top);
  };
  return (
    <div class="grid" ref={frame}>
      <div
        class="grid-keys"
        style={{ height: `${layout?.height ?? 200}px` }}
        tabIndex={0}
        role="application"
        aria-roledescription="grid of targets"
        aria-label={`${summary(columns)} Arrow keys move, Enter opens.`}
        onKeyDown={(event) =>
          layout !== undefined && moveBy(event, layout, at.value, (index) => (at.value = index), open)
        }
        onPointerMove={(event) => {
          at.value = place(event);
          drag.move(at.value);
        }}
        onPointerDown={(event) => drag.begin(place(event), event.shiftKey)}
        onPointerUp={(event) => !drag.end() && open(place(event))}
        onPointerLeave={() => (at.value = undefined)}
        onBlur={() => (at.value = undefined)}
      >
        <canvas ref={canvas} role="img" aria-label={summary(columns)} />
        {layout !== undefined && layout.sections.length > 1 && <Labels layout={layout} columns={columns} />}
        {layout !== undefined && at.value !== undefined && (
          <Cursor layout={layout} columns={columns} index={at.value} />
        )}
      </div>
      <p class="sr" aria-live="polite">
        {at.value === undefined ? "" : describe(columns, at.value)}
      </p>
    </div>
  );
}

/** The picture in words. */
function summary(columns: Columns): string {
  const parts = [...countStates(columns)]
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${number(count)} ${statusWord(state).toLowerCase()}`);
  return `${number(columns.count)} targets: ${parts.join(", ")}.`;
}

function Labels({ layout, columns }: { readonly layout: Layout; readonly columns: Columns }) {
  return (
    <>
      {layout.sections.map(({ label, indexes, top }) => {
        const failed = indexes.filter((index) => stateOf(columns, index) === "Failed").length;
        return (
          <div class="grid-label" key={label} style={{ top: `${top - 22}px` }}>
            <span class="clip">{label}</span> <span class="muted">{number(indexes.length)}</span>
            {failed > 0 && <span class="is-bad"> {number(failed)} failed</span>}
          </div>
        );
      })}
    </>
  );
}

/** The cell under the pointer or the keyboard, and what it is. */
function Cursor({
  layout,
  columns,
  index,
}: {
  readonly layout: Layout;
  readonly columns: Columns;
  readonly index: number;
}) {
  const [x, y] = [layout.places[index * 2] ?? 0, layout.places[index * 2 + 1] ?? 0];
  const isRight = x > layout.width - 240;
  const facts = ["wave", ...columns.keys.keys()]
    .map((name) => keyOf(columns, name, index))
    .filter((value) => value !== undefined);
  return (
    <>
      <i
        class="grid-cursor"
        style={{ left: `${x - 2}px`, top: `${y - 2}px`, width: `${layout.cell + 4}px`, height: `${layout.cell + 4}px` }}
      />
      <div
        class="grid-card"
        aria-hidden="true"
        style={{
          top: `${y + layout.cell + 8}px`,
          ...(isRight ? { right: `${layout.width - x - layout.cell}px` } : { left: `${x}px` }),
        }}
      >
        <p class="glyph strong">
          <Glyph status={stateOf(columns, index)} /> <span class="mono">{columns.ids[index]}</span>
        </p>
        <p class="soft">
          {statusWord(stateOf(columns, index))}
          {eventOf(columns, index) !== undefined && <> · {eventOf(columns, index)}</>}
        </p>
        {facts.length > 0 && <p class="muted small">{facts.slice(0, 4).join(" · ")}</p>}
      </div>
    </>
  );
}

/** The width of an element in CSS pixels; 0 until it is measured. */
function useWidth(frame: { readonly current: HTMLElement | null }): number {
  const width = useSignal(0);
  useLayoutEffect(() => {
    const box = frame.current;
    if (box === null) return;
    width.value = box.clientWidth;
    const observer = new ResizeObserver(() => (width.value = box.clientWidth));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  return width.value;
}

function usePainting(
  canvas: { readonly current: HTMLCanvasElement | null },
  columns: Columns,
  layout: Layout | undefined,
  listeners: Set<CellListener>,
): void {
  const scheme = preferences.value.scheme;
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (element === null || context === null || context === undefined || layout === undefined) return;
    let palette: Palette;
    const all = () => {
      const ratio = devicePixelRatio;
      element.width = Math.round(layout.width * ratio);
      element.height = Math.round(layout.height * ratio);
      element.style.width = `${layout.width}px`;
      element.style.height = `${layout.height}px`;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      palette = paletteOf(element.parentElement ?? element);
      paintAll(context, columns, layout, palette);
    };
    all();
    const some: CellListener = (changed) => paintSome(context, columns, layout, palette, changed);
    listeners.add(some);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", all);
    return () => {
      listeners.delete(some);
      dark.removeEventListener("change", all);
    };
  }, [columns, layout, scheme]);
}

/** Selecting by dragging, or by shift: from the first cell to the last, in the order that is seen. */
function useDragging(layout: Layout | undefined, onSelect: (indexes: readonly number[]) => void) {
  const from = useRef<number | undefined>(undefined);
  const last = useRef<number | undefined>(undefined);
  const select = () => {
    const ends = [from.current, last.current].map((index) =>
      index === undefined ? -1 : (layout?.order.indexOf(index) ?? -1),
    );
    const [start = -1, end = -1] = ends.toSorted((a, b) => a - b);
    if (start >= 0) onSelect(layout?.order.slice(start, end + 1) ?? []);
  };
  useEffect(() => {
    from.current = undefined;
  }, [layout]);
  return {
    begin: (index: number | undefined, isShift: boolean) => {
      if (!isShift || from.current === undefined) from.current = index;
      last.current = index;
    },
    move: (index: number | undefined) => {
      if (last.current !== undefined && index !== undefined) last.current = index;
    },
    /** Returns whether more than one cell was selected. */
    end: (): boolean => {
      const isSelection = from.current !== last.current && last.current !== undefined;
      if (isSelection) select();
      last.current = undefined;
      return isSelection;
    },
  };
}

function moveBy(
  event: KeyboardEvent,
  layout: Layout,
  at: number | undefined,
  move: (index: number) => void,
  open: (index: number | undefined) => void,
): void {
  const { order, perRow } = layout;
  const here = at === undefined ? -1 : order.indexOf(at);
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: perRow,
    ArrowUp: -perRow,
    Home: -order.length,
    End: order.length,
  };
  const step = steps[event.key];
  if (event.key === "Enter") return open(at);
  if (step === undefined) return;
  event.preventDefault();
  const next = order[here < 0 ? 0 : Math.min(order.length - 1, Math.max(0, here + step))];
  if (next !== undefined) move(next);
}
