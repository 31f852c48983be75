import type { Where, WhereCell } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { pathTo, query, setQuery } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { FilterInput, FilterSwitch, Pages } from "../ui/filters.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { number } from "../ui/share-bar.tsx";
import { Glyph } from "../ui/status.tsx";
import { Ago } from "../ui/time.tsx";
import { Comparison } from "./compare.tsx";

/** Which version runs where, and why: applications by their groups. */
export function WherePage() {
  const filter = (name: string) => query.value.get(name) ?? "";
  const snapshot = useSnapshot(
    address(
      "/console/api/where",
      {},
      {
        application: filter("application"),
        group: filter("group"),
        revision: filter("revision"),
        q: filter("q"),
        mixed: filter("mixed"),
        outdated: filter("outdated"),
        page: filter("page"),
        limit: 200,
      },
    ),
    {
      topics: ["where"],
      apply: (shown, delta) => {
        if (!("cells" in delta) || delta.topic !== "where") return "reload";
        const fresh = new Map(delta.cells.map((cell) => [keyOf(cell), cell]));
        return { ...shown, rows: shown.rows.map((cell) => fresh.get(keyOf(cell)) ?? cell) };
      },
    },
  );
  const isFiltered = ["application", "group", "revision", "q", "mixed", "outdated"].some((name) => filter(name) !== "");
  return (
    <>
      <PageHeader title="Where" lead="Which version runs where, since when, and because of what." cli={["status"]} />
      <div class="row filters">
        <FilterInput name="q" label="Find an application, group or revision" />
        <FilterSwitch name="mixed" label="Mixed versions" />
        <FilterSwitch name="outdated" label="Outdated targets" />
      </div>
      <Shown of={snapshot} what="which version runs where">
        {(where) => <Matrix where={where} isFiltered={isFiltered} />}
      </Shown>
    </>
  );
}

/** What tells a cell from all others. */
const keyOf = ({ application, group }: WhereCell): string => JSON.stringify([application, group]);

function Matrix({ where, isFiltered }: { readonly where: Where; readonly isFiltered: boolean }) {
  if (where.rows.length === 0)
    return isFiltered ? (
      <Empty title="Nothing matches" text="No group is as the filters say." />
    ) : (
      <Empty
        title="Nothing is deployed"
        text="Each deployment group has a place here."
        command="npx sluice deploy FOLDER --application A --group G"
      />
    );
  const applications = [...Map.groupBy(where.rows, ({ application }) => application)];
  const chosen = (query.value.get("compare") ?? "").split("|").filter((key) => key !== "");
  const compared = chosen.flatMap((key) => where.rows.filter((cell) => compareKey(cell) === key));
  return (
    <div class="stack">
      {compared.length === 2 && <Comparison cells={compared} close={() => setQuery({ compare: undefined })} />}
      <section class="panel" aria-label="Applications and their groups">
        {applications.map(([application, cells]) => (
          <div class="where-row" key={application}>
            <h2 class="where-name">
              <a href={pathTo("application", { application })}>{application}</a>
              <span class="muted small">{cells[0]?.platform}</span>
            </h2>
            <ul class="where-cells">
              {cells.map((cell) => (
                <Cell key={keyOf(cell)} cell={cell} chosen={chosen} />
              ))}
            </ul>
          </div>
        ))}
        <Pages of={where} />
      </section>
    </div>
  );
}

/** A cell in the address: names have no bar in them that is not encoded. */
const compareKey = ({ application, group }: WhereCell): string =>
  `${encodeURIComponent(application)}/${encodeURIComponent(group)}`;

function Cell({ cell, chosen }: { readonly cell: WhereCell; readonly chosen: readonly string[] }) {
  const { application, group, shares, targets, outdated, since, because, running, lastOutcome, target } = cell;
  const main = shares[0]?.revision ?? target;
  return (
    <li class={`where-cell${shares.length > 1 ? " mixed" : ""}`}>
      <div class="row">
        {running === undefined ? (
          lastOutcome !== undefined && <Glyph status={lastOutcome} />
        ) : (
          <Glyph status={running.status} />
        )}
        <a class="whole strong clip" data-row href={pathTo("group", { application, group })}>
          {group}
        </a>
        <CompareBox cell={cell} chosen={chosen} />
      </div>
      <p class="where-version mono clip" title={main?.text}>
        {main?.short ?? <span class="muted">never deployed</span>}
      </p>
      {targets > 0 && <SharesBar shares={shares} targets={targets} />}
      <p class="small soft row">
        <span>
          {number(shares[0]?.targets ?? 0)}
          <span class="muted">/{number(targets)}</span>
        </span>
        {shares.length > 1 && <span class="tag wait">{shares.length} versions</span>}
        {outdated > 0 && <span class="tag wait">{number(outdated)} outdated</span>}
        <span class="push muted">
          <Ago at={since} isShort />
        </span>
      </p>
      {because !== undefined && (
        <p class="small muted clip" title={because.text}>
          {because.text}
        </p>
      )}
    </li>
  );
}

/** Chooses a cell to compare; a third one takes the place of the first. */
function CompareBox({ cell, chosen }: { readonly cell: WhereCell; readonly chosen: readonly string[] }) {
  const key = compareKey(cell);
  const toggled = chosen.includes(key) ? chosen.filter((each) => each !== key) : [...chosen.slice(-1), key];
  return (
    <label class="act push check small" title="Compare with another">
      <input type="checkbox" checked={chosen.includes(key)} onChange={() => setQuery({ compare: toggled.join("|") })} />
      <span class="sr">Compare {cell.group}</span>
    </label>
  );
}

/** How many of a group's targets are on which version. */
function SharesBar({ shares, targets }: Pick<WhereCell, "shares" | "targets">) {
  return (
    <div
      class="sharebar thin"
      role="img"
      aria-label={shares.map((share) => `${share.targets} of ${targets} on ${share.revision.short}`).join(", ")}
    >
      {shares.map((share, index) => (
        <i
          key={share.revision.id}
          class={index === 0 ? "ok" : "wait"}
          style={{ flex: `${share.targets} 0 0` }}
          title={`${share.revision.short}: ${share.targets}`}
        />
      ))}
    </div>
  );
}
