import { useSignal } from "@preact/signals";
import type { Page } from "@sluice/server/console-contract";
import { useEffect } from "preact/hooks";
import { query, setQuery, withQuery } from "../live/router.ts";

/** After the last key, the filter is applied after this many milliseconds. */
const pauseMilliseconds = 200;

/** A text that filters a list. It is part of the address, and the server does the work. */
export function FilterInput({ name, label }: { readonly name: string; readonly label: string }) {
  const given = query.value.get(name) ?? "";
  const text = useSignal(given);
  useEffect(() => {
    text.value = given;
  }, [given]);
  useEffect(() => {
    if (text.value === given) return;
    const timer = setTimeout(() => setQuery({ [name]: text.value, page: undefined }), pauseMilliseconds);
    return () => clearTimeout(timer);
  }, [text.value]);
  return (
    <input
      class="filter"
      type="search"
      aria-label={label}
      placeholder={label}
      value={text.value}
      onInput={(event) => (text.value = event.currentTarget.value)}
    />
  );
}

/** A filter that is on or off. */
export function FilterSwitch({ name, label }: { readonly name: string; readonly label: string }) {
  const isOn = query.value.get(name) === "1";
  return (
    <label class="check small">
      <input
        type="checkbox"
        checked={isOn}
        onChange={() => setQuery({ [name]: isOn ? undefined : "1", page: undefined })}
      />
      {label}
    </label>
  );
}

/** A filter with a few values, each with the number of rows that it would leave. */
export function FilterChoice({
  name,
  label,
  counts,
  words = {},
}: {
  readonly name: string;
  readonly label: string;
  readonly counts: Readonly<Record<string, number>> | undefined;
  readonly words?: Readonly<Record<string, string>>;
}) {
  const chosen = query.value.get(name) ?? "";
  const values = Object.keys(counts ?? {}).toSorted();
  if (chosen !== "" && !values.includes(chosen)) values.push(chosen);
  return (
    <select
      aria-label={label}
      value={chosen}
      onChange={(event) => setQuery({ [name]: event.currentTarget.value, page: undefined })}
    >
      <option value="">{label}: all</option>
      {values.map((value) => (
        <option key={value} value={value}>
          {words[value] ?? value} ({counts?.[value] ?? 0})
        </option>
      ))}
    </select>
  );
}

/** The way through the pages of a list. */
export function Pages({ of: { rows, total, next, isTotalBounded } }: { readonly of: Page<unknown> }) {
  const isFirst = query.value.get("page") === null;
  return (
    <p class="quietline row">
      <span>
        {rows.length.toLocaleString("en-US")} of {isTotalBounded === true && "at least "}
        {total.toLocaleString("en-US")}
      </span>
      {!isFirst && <a href={withQuery({ page: undefined })}>First page</a>}
      {next !== undefined && <a href={withQuery({ page: next })}>Next page</a>}
    </p>
  );
}
