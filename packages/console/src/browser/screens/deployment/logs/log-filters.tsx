import { setQuery, withQuery } from "../../../live/router.ts";
import { FilterInput } from "../../../ui/filters.tsx";

/** Which lines of a log are shown; an empty text leaves all. */
export interface LogFilter {
  readonly target: string;
  readonly event: string;
  readonly q: string;
}

interface LogFiltersOptions {
  readonly filter: LogFilter;
  /** The lifecycle events, in their order. */
  readonly events: readonly string[];
}

/** What a log is narrowed by: a text, a lifecycle event, and the target that the reader came from. */
export function LogFilters({ filter, events }: LogFiltersOptions) {
  return (
    <>
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
    </>
  );
}
