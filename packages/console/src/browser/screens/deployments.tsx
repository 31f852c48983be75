import type { Deployments } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { pathTo, query } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { FilterChoice, FilterInput, Pages } from "../ui/filters.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Icon } from "../ui/icons.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { FinishedTable } from "./deployment-table.tsx";

const filters = ["application", "group", "status", "creator", "revision", "target", "from", "to", "q", "page"] as const;

/** All deployments, filtered by the server. */
export function DeploymentsPage() {
  const asked = Object.fromEntries(filters.map((name) => [name, query.value.get(name) ?? ""]));
  const snapshot = useSnapshot(address("/console/api/deployments", {}, asked), {
    topics: ["deployments"],
    apply: (shown, delta) => {
      if (delta.topic !== "deployments" || !("rows" in delta)) return "reload";
      const fresh = new Map(delta.rows.map((row) => [row.id, row]));
      const isKnown = delta.rows.every(({ id }) => shown.rows.some((row) => row.id === id));
      return isKnown ? { ...shown, rows: shown.rows.map((row) => fresh.get(row.id) ?? row) } : "reload";
    },
  });
  const counts = snapshot.data.value?.counts ?? {};
  const isFiltered = filters.some((name) => asked[name] !== "");
  return (
    <>
      <PageHeader
        title="Deployments"
        actions={
          <a class="button primary" href={pathTo("deploy")}>
            <Icon name="deploy" size={14} /> New deployment
          </a>
        }
      />
      <div class="row filters">
        <FilterInput name="q" label="Find deployments" />
        <FilterChoice name="status" label="Status" counts={counts["status"]} words={{ InProgress: "In progress" }} />
        <FilterChoice name="application" label="Application" counts={counts["application"]} />
        <FilterChoice name="creator" label="By" counts={counts["creator"]} />
      </div>
      <Shown of={snapshot} what="deployments">
        {(shown) => <List shown={shown} isFiltered={isFiltered} />}
      </Shown>
    </>
  );
}

function List({ shown, isFiltered }: { readonly shown: Deployments; readonly isFiltered: boolean }) {
  if (shown.rows.length === 0)
    return isFiltered ? (
      <Empty title="No deployment matches" text="Other filters may leave some." />
    ) : (
      <Empty
        title="No deployments yet"
        text="Each deployment appears here as soon as it is created."
        command="npx sluice deploy FOLDER --application A --group G"
      />
    );
  return (
    <section class="panel" aria-label="Deployments">
      <FinishedTable rows={shown.rows} />
      <Pages of={shown} />
    </section>
  );
}
