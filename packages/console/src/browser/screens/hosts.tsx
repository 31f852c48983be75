import type { HostAnswer, HostRow, Hosts } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { pathTo, query } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { ActionButton } from "../ui/action.tsx";
import { TagButton } from "./tag-host.tsx";
import { FilterInput, FilterSwitch, Pages } from "../ui/filters.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { StatusText } from "../ui/status.tsx";
import { Ago } from "../ui/time.tsx";

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
      <Pages
        shown={shown.rows.length}
        total={shown.total}
        next={shown.next}
        isBounded={shown.isTotalBounded === true}
      />
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
        <Agent isSilent={isSilent} /> <span class="muted">{agentVersion}</span>
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

const Agent = ({ isSilent }: { readonly isSilent: boolean }) =>
  isSilent ? <span class="tag wait">silent</span> : <span class="tag ok">alive</span>;

/** One host: its agent, what runs there, and what was deployed to it. */
export function HostPage({ names }: { readonly names: Readonly<Record<string, string>> }) {
  const host = names["host"] ?? "";
  const snapshot = useSnapshot(address("/console/api/hosts/:host", { host }), { topics: ["hosts"] });
  return (
    <Shown of={snapshot} what={`host ${host}`}>
      {(answer) => <Host answer={answer} />}
    </Shown>
  );
}

function Host({ answer: { host: row, history, can } }: { readonly answer: HostAnswer }) {
  const { host, kind, lastSeen, isSilent, agentVersion, zone, tags, revisions } = row;
  return (
    <>
      <PageHeader
        title={host}
        heading={<span class="mono">{host}</span>}
        crumbs={[["Hosts", pathTo("hosts")]]}
        lead={
          <>
            <Agent isSilent={isSilent} /> {kind}
            {zone !== undefined && <> in {zone}</>} · agent {agentVersion ?? "of unknown version"}, last seen{" "}
            <Ago at={lastSeen} />
          </>
        }
        cli={["exec", host, "--", "sh"]}
        actions={
          <>
            <TagButton host={host} can={can["tag-host"]} />
            <ActionButton
              name="deregister-host"
              body={{ host }}
              can={
                can["deregister-host"]?.isAllowed === true || can["deregister-host"]?.because === "right"
                  ? can["deregister-host"]
                  : undefined
              }
              label="Deregister"
              look="danger"
              question={`Deregister ${host}?`}
              typedName={host}
            />
          </>
        }
      />
      <div class="stack wide">
        <section class="panel" aria-labelledby="runs">
          <header>
            <h2 id="runs">What runs here</h2>
          </header>
          {revisions.length === 0 ? (
            <p class="quietline">Nothing has been deployed to this host.</p>
          ) : (
            <table class="list">
              <tbody>
                {revisions.map(({ application, group, revision, health }) => (
                  <tr key={`${application} ${group}`}>
                    <td>
                      <a class="whole" data-row href={pathTo("group", { application, group })}>
                        <span class="strong">{application}</span> <span class="muted">/</span> {group}
                      </a>
                    </td>
                    <td>
                      <span class="tag mono">{revision?.short ?? "none"}</span>
                    </td>
                    <td class={health === "healthy" ? "soft" : "is-bad"}>{health}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
        <History history={history} host={host} />
        {Object.keys(tags).length > 0 && (
          <section class="panel" aria-labelledby="tags">
            <header>
              <h2 id="tags">Tags</h2>
            </header>
            <dl class="facts body">
              {Object.entries(tags).flatMap(([name, value]) => [
                <dt key={name} class="any">
                  {name}
                </dt>,
                <dd key={`${name} value`}>{value}</dd>,
              ])}
            </dl>
          </section>
        )}
      </div>
    </>
  );
}

function History({ history, host }: { readonly history: HostAnswer["history"]; readonly host: string }) {
  return (
    <section class="panel" aria-labelledby="history">
      <header>
        <h2 id="history">Deployments to it</h2>
      </header>
      {history.length === 0 ? (
        <p class="quietline">None yet.</p>
      ) : (
        <div class="scroll">
          <table class="list">
            <tbody>
              {history.map(({ deployment, status, failedEvent }) => (
                <tr key={deployment.id}>
                  <td>
                    <StatusText status={status} />
                    {failedEvent !== undefined && <span class="muted"> in {failedEvent}</span>}
                  </td>
                  <td>
                    <a class="whole" data-row href={pathTo("target", { id: deployment.id, target: host })}>
                      {deployment.application} <span class="muted">/</span> {deployment.group}
                    </a>
                  </td>
                  <td>
                    <span class="tag mono">{deployment.revision.short}</span>
                  </td>
                  <td class="num soft">
                    <Ago at={deployment.completeTime ?? deployment.createTime} isShort />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
