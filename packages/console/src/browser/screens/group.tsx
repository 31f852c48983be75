import type { GroupAnswer } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { pathTo, query, withQuery } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { PageHeader } from "../ui/header.tsx";
import { Icon } from "../ui/icons.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { number, plural } from "../ui/share-bar.tsx";
import { Ago } from "../ui/time.tsx";
import { FinishedTable } from "./deployment-table.tsx";
import { Raw } from "./deployment/settings-view.tsx";

/** One deployment group: what runs there, how it deploys, to whom, and what it has done. */
export function GroupPage({ names }: { readonly names: Readonly<Record<string, string>> }) {
  const { application = "", group = "" } = names;
  const snapshot = useSnapshot(
    address("/console/api/applications/:application/groups/:group", { application, group }),
    { topics: ["where", "deployments"] },
  );
  return (
    <Shown of={snapshot} what={`deployment group ${group}`}>
      {(answer) => <Group answer={answer} />}
    </Shown>
  );
}

const views = [
  ["", "Overview"],
  ["hosts", "Targets"],
  ["raw", "Raw"],
] as const;

function Group({ answer }: { readonly answer: GroupAnswer }) {
  const { group, can, raw } = answer;
  const view = query.value.get("view") ?? "";
  const current = group.shares[0]?.revision ?? group.target;
  return (
    <>
      <PageHeader
        title={group.group}
        crumbs={[
          ["Applications", pathTo("applications")],
          [group.application, pathTo("application", { application: group.application })],
        ]}
        lead={
          <>
            {current === undefined ? "Nothing has been deployed here yet" : <span class="mono">{current.short}</span>}
            {group.targets > 0 && <> on {plural(group.targets, "target")}</>} · {group.configuration}
          </>
        }
        cli={["status", "--application", group.application, "--group", group.group]}
        actions={
          can["create-deployment"]?.isAllowed !== false && (
            <a
              class="button primary"
              href={pathTo("deploy", {}, { application: group.application, group: group.group })}
            >
              <Icon name="deploy" size={14} /> New deployment
            </a>
          )
        }
      />
      <nav class="tabs" aria-label="Views of the group">
        {views.map(([name, text]) => (
          <a key={name} href={withQuery({ view: name })} aria-current={name === view ? "page" : undefined}>
            {text}
            {name === "hosts" && <span class="muted"> {number(answer.hosts.length)}</span>}
          </a>
        ))}
      </nav>
      {view === "" && <Overview answer={answer} />}
      {view === "hosts" && <Hosts answer={answer} />}
      {view === "raw" && <Raw value={raw} name={`${group.group}.json`} />}
    </>
  );
}

function Overview({ answer: { settings, deployments, group } }: { readonly answer: GroupAnswer }) {
  return (
    <div class="stack wide">
      <section class="panel" aria-labelledby="how">
        <header>
          <h2 id="how">How it deploys</h2>
        </header>
        <dl class="facts body">
          {settings.flatMap(({ name, text }) => [
            <dt key={name}>{name}</dt>,
            <dd key={`${name} text`} class="any">
              {text}
            </dd>,
          ])}
          <dt>Service role</dt>
          <dd class="mono small">{group.serviceRole}</dd>
        </dl>
      </section>
      <section class="panel" aria-labelledby="history">
        <header>
          <h2 id="history">Deployments</h2>
          <a
            class="push soft small"
            href={pathTo("deployments", {}, { application: group.application, group: group.group })}
          >
            All of them
          </a>
        </header>
        {deployments.length === 0 ? (
          <Empty
            title="No deployment yet"
            command={`npx sluice deploy FOLDER --application ${group.application} --group ${group.group}`}
          />
        ) : (
          <FinishedTable rows={deployments} />
        )}
      </section>
    </div>
  );
}

function Hosts({ answer: { hosts } }: { readonly answer: GroupAnswer }) {
  if (hosts.length === 0)
    return <Empty title="No target is known" text="Targets are looked up when the group is deployed to." />;
  return (
    <section class="panel" aria-label="Targets of the group">
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Target</th>
              <th scope="col">Revision</th>
              <th scope="col">Health</th>
              <th scope="col" class="num">
                Agent last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {hosts.map(({ host, revision, health, lastSeen }) => (
              <tr key={host}>
                <td>
                  <a class="whole mono" data-row href={pathTo("host", { host })}>
                    {host}
                  </a>
                </td>
                <td>
                  <span class="tag mono">{revision?.short ?? "none"}</span>
                </td>
                <td class={health === "healthy" ? "soft" : "is-bad"}>{health}</td>
                <td class="num soft">
                  <Ago at={lastSeen} isShort />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
