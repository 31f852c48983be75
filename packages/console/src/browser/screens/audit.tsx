import type { Audit, AuditRow } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { query } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { FilterChoice, FilterInput, Pages } from "../ui/filters.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Icon } from "../ui/icons.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { clockText } from "../ui/time.tsx";
import { download } from "./deployment/settings-view.tsx";

const filters = ["caller", "operation", "outcome", "q", "from", "to", "page"] as const;

/** Who did what, when, from where, and whether it was allowed. */
export function AuditPage() {
  const asked = Object.fromEntries(filters.map((name) => [name, query.value.get(name) ?? ""]));
  const isPlain = filters.every((name) => asked[name] === "");
  const snapshot = useSnapshot(address("/console/api/audit", {}, { ...asked, limit: 100 }), {
    topics: isPlain ? ["audit"] : [],
    apply: (shown, delta) => ("entries" in delta ? prepend(shown, delta.entries) : "reload"),
  });
  const shown = snapshot.data.value;
  return (
    <>
      <PageHeader
        title="Audit"
        lead="What changed something, or was refused; each entry is chained to the one before."
        cli={["audit"]}
        actions={
          shown !== undefined &&
          shown.rows.length > 0 && (
            <button
              type="button"
              class="button"
              onClick={() =>
                download(shown.rows.map((row) => JSON.stringify(row)).join("\n"), "audit.jsonl", "application/jsonl")
              }
            >
              <Icon name="down" size={14} /> Export shown
            </button>
          )
        }
      />
      <div class="row filters">
        <FilterInput name="q" label="Find in the audit log" />
        <FilterInput name="caller" label="Caller" />
        <FilterChoice name="operation" label="Operation" counts={shown?.counts["operation"]} />
        <FilterChoice name="outcome" label="Outcome" counts={shown?.counts["outcome"]} />
      </div>
      <Shown of={snapshot} what="the audit log">
        {(audit) =>
          audit.rows.length === 0 ? (
            <Empty title="No entry" text="What changes something is written here, before its answer goes out." />
          ) : (
            <List audit={audit} />
          )
        }
      </Shown>
    </>
  );
}

function prepend(shown: Audit, entries: readonly AuditRow[]): Audit {
  const known = new Set(shown.rows.map(({ sequence }) => sequence));
  const fresh = entries.filter(({ sequence }) => !known.has(sequence)).toSorted((a, b) => b.sequence - a.sequence);
  return { ...shown, rows: [...fresh, ...shown.rows].slice(0, 300), total: shown.total + fresh.length };
}

function List({ audit }: { readonly audit: Audit }) {
  return (
    <section class="panel" aria-label="Audit log">
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Operation</th>
              <th scope="col">Caller</th>
              <th scope="col">On</th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {audit.rows.map((row) => (
              <Row key={row.sequence} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      <Pages of={audit} />
    </section>
  );
}

function Row({
  row: { at, service, operation, caller, sourceIp, resources, outcome, requestId },
}: {
  readonly row: AuditRow;
}) {
  const hasSucceeded = outcome === "Succeeded";
  return (
    <tr>
      <td class="soft when" title={`Request ${requestId}`}>
        {clockText(at)}
      </td>
      <td>
        <span class="strong">{operation}</span> <span class="muted small">{service}</span>
      </td>
      <td class="any small soft">
        <span title={caller}>{caller.replace(/^arn:aws:(?:iam|sts)::\d{12}:/, "")}</span>
        {sourceIp !== undefined && <span class="muted"> from {sourceIp}</span>}
      </td>
      <td class="any small mono">{resources.slice(0, 3).join(", ")}</td>
      <td>{hasSucceeded ? <span class="tag ok">succeeded</span> : <span class="tag bad">{outcome}</span>}</td>
    </tr>
  );
}
