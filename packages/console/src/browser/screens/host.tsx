import type { HostAnswer, HostRow } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { pathTo } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { ActionButton } from "../ui/action.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Shown } from "../ui/pictures.tsx";
import { StatusText } from "../ui/status.tsx";
import { Ago } from "../ui/time.tsx";
import { AgentTag } from "./agent-tag.tsx";
import { TagButton } from "./tag-host.tsx";

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
            <AgentTag isSilent={isSilent} /> {kind}
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
        <Runs revisions={revisions} />
        <History history={history} host={host} />
        {Object.keys(tags).length > 0 && <Tags tags={tags} />}
      </div>
    </>
  );
}

function Runs({ revisions }: { readonly revisions: HostRow["revisions"] }) {
  return (
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

function Tags({ tags }: { readonly tags: HostRow["tags"] }) {
  return (
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
  );
}
