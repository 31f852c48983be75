import type { HostRow, Hosts } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { pathTo, query } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { FilterInput, FilterSwitch, Pages } from "../ui/filters.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { Ago } from "../ui/time.tsx";
import { AgentTag } from "./agent-tag.tsx";

const filters = ["application", "group", "silent", "kind", "q", "page"] as const;

/** All hosts: whether their agents are alive, and what runs on each. */
export function HostsPage() {
  const asked = Object.fromEntries(filters.map((name) => [name, query.value.get(name) ?? ""]));
  const snapshot = useSnapshot(address("/console/api/hosts", {}, asked), {
    topics: ["hosts"],
    apply: (shown, delta) => {
      if (!("hosts" in delta)) return "reload";
      const fresh = new Map(delta.hosts.map((row) => [row.host, row]));
      return { ...shown, rows: shown.rows.map((row) => fresh.get(row.host) ?? row) };
    },
  });
  return (
    <>
      <PageHeader title="Hosts" lead="Hosts with an agent: whether it is alive, and what runs there." />
      <div class="row filters">
        <FilterInput name="q" label="Find hosts" />
        <FilterSwitch name="silent" label="Silent agents only" />
      </div>
      <Shown of={snapshot} what="hosts">
        {(shown) => <List shown={shown} isFiltered={filters.some((name) => asked[name] !== "")} />}
      </Shown>
    </>
  );
}

function List({ shown, isFiltered }: { readonly shown: Hosts; readonly isFiltered: boolean }) {
  if (shown.rows.length === 0)
    return isFiltered ? (
      <Empty title="No host matches" />
    ) : (
      <Empty
        title="No host has been seen"
        text="A host appears when its agent asks for commands for the first time."
        command="npx sluice register HOST"
      />
    );
  return (
    <section class="panel" aria-label="Hosts">
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Host</th>
              <th scope="col">Agent</th>
              <th scope="col">Runs</th>
              <th scope="col">Zone</th>
              <th scope="col" class="num">
                Last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.rows.map((row) => (
              <Row key={row.host} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      <Pages of={shown} />
    </section>
  );
}

function Row({
  row: { host, kind, isSilent, lastSeen, agentVersion, zone, revisions, running },
}: {
  readonly row: HostRow;
}) {
  return (
    <tr>
      <td>
        <a class="whole mono" data-row href={pathTo("host", { host })}>
          {host}
        </a>
        {kind === "on-premises" && <span class="muted small"> on-premises</span>}
      </td>
      <td>
        <AgentTag isSilent={isSilent} /> <span class="muted">{agentVersion}</span>
      </td>
      <td>
        <ul class="chips">
          {revisions.slice(0, 3).map(({ application, group, revision }) => (
            <li key={`${application} ${group}`}>
              <span class="tag" title={`${application} / ${group}`}>
                {application} <span class="mono">{revision?.short ?? "–"}</span>
              </span>
            </li>
          ))}
          {revisions.length > 3 && <li class="muted small">{revisions.length - 3} more</li>}
          {running !== undefined && (
            <li>
              <span class="tag run">{running}</span>
            </li>
          )}
        </ul>
      </td>
      <td class="soft">{zone ?? "–"}</td>
      <td class="num soft">
        <Ago at={lastSeen} isShort />
      </td>
    </tr>
  );
}
