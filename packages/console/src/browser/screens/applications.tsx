import type { Applications } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { pathTo, query } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { FilterInput, Pages } from "../ui/filters.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { number } from "../ui/share-bar.tsx";
import { StatusText } from "../ui/status.tsx";
import { Ago } from "../ui/time.tsx";

/** All applications. */
export function ApplicationsPage() {
  const q = query.value.get("q") ?? "";
  const snapshot = useSnapshot(address("/console/api/applications", {}, { q, page: query.value.get("page") ?? "" }), {
    topics: ["where"],
  });
  return (
    <>
      <PageHeader title="Applications" />
      <div class="row filters">
        <FilterInput name="q" label="Find applications" />
      </div>
      <Shown of={snapshot} what="applications">
        {(shown) => <List shown={shown} isFiltered={q !== ""} />}
      </Shown>
    </>
  );
}

function List({ shown, isFiltered }: { readonly shown: Applications; readonly isFiltered: boolean }) {
  if (shown.rows.length === 0)
    return isFiltered ? (
      <Empty title="No application matches" />
    ) : (
      <Empty
        title="No applications yet"
        text="An application names what is deployed together."
        command="aws deploy create-application --application-name shop"
      />
    );
  return (
    <section class="panel" aria-label="Applications">
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Application</th>
              <th scope="col">Platform</th>
              <th scope="col" class="num">
                Groups
              </th>
              <th scope="col" class="num">
                Running
              </th>
              <th scope="col">Last deployment</th>
            </tr>
          </thead>
          <tbody>
            {shown.rows.map((row) => (
              <Row key={row.name} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      <Pages of={shown} />
    </section>
  );
}

function Row({
  row: { name, platform, groups, running, lastDeployment },
}: {
  readonly row: Applications["rows"][number];
}) {
  return (
    <tr>
      <td>
        <a class="whole strong" data-row href={pathTo("application", { application: name })}>
          {name}
        </a>
      </td>
      <td class="soft">{platform}</td>
      <td class="num">{number(groups)}</td>
      <td class="num">{running === 0 ? <span class="muted">0</span> : number(running)}</td>
      <td>
        {lastDeployment === undefined ? (
          <span class="muted">none</span>
        ) : (
          <span class="row">
            <StatusText status={lastDeployment.status} />
            <span class="muted">
              <Ago at={lastDeployment.at} isShort />
            </span>
          </span>
        )}
      </td>
    </tr>
  );
}
