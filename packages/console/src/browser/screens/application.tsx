import type { ApplicationAnswer, RevisionRow } from "@sluice/server/console-contract";
import { address } from "../live/api.ts";
import { pathTo } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { PageHeader } from "../ui/header.tsx";
import { Icon } from "../ui/icons.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { number } from "../ui/share-bar.tsx";
import { Glyph } from "../ui/status.tsx";
import { Ago, clockText, durationText } from "../ui/time.tsx";
import { GroupTable } from "./group-table.tsx";

/** One application: its groups, its revisions and where each has been. */
export function ApplicationPage({ names }: { readonly names: Readonly<Record<string, string>> }) {
  const application = names["application"] ?? "";
  const snapshot = useSnapshot(address("/console/api/applications/:application", { application }), {
    topics: ["where", "deployments"],
  });
  return (
    <Shown of={snapshot} what={`application ${application}`}>
      {(answer) => <Application answer={answer} />}
    </Shown>
  );
}

function Application({
  answer: { application, groups, revisions, durations, can },
}: {
  readonly answer: ApplicationAnswer;
}) {
  const { name, platform, createTime } = application;
  return (
    <>
      <PageHeader
        title={name}
        crumbs={[["Applications", pathTo("applications")]]}
        lead={
          <>
            {platform} · created <Ago at={createTime} isShort />
          </>
        }
        cli={["status", "--application", name]}
        actions={
          can["create-deployment"]?.isAllowed !== false && (
            <a class="button primary" href={pathTo("deploy", {}, { application: name })}>
              <Icon name="deploy" size={14} /> New deployment
            </a>
          )
        }
      />
      <div class="stack wide">
        <section class="panel" aria-labelledby="groups">
          <header>
            <h2 id="groups">Deployment groups</h2>
            <span class="muted">{number(groups.length)}</span>
          </header>
          {groups.length === 0 ? (
            <Empty
              title="No deployment groups"
              text="A group says which targets get a revision, and how."
              command="aws deploy create-deployment-group help"
            />
          ) : (
            <GroupTable cells={groups} />
          )}
        </section>
        {durations.length > 1 && <Durations durations={durations} />}
        <Revisions revisions={revisions} application={name} />
      </div>
    </>
  );
}

/** How long deployments that succeeded took: a trend is seen before it hurts. */
function Durations({ durations }: { readonly durations: ApplicationAnswer["durations"] }) {
  const longest = Math.max(1, ...durations.map(({ duration }) => duration));
  const sorted = durations.map(({ duration }) => duration).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return (
    <section class="panel" aria-labelledby="durations">
      <header>
        <h2 id="durations">How long deployments take</h2>
        <span class="push muted small">
          median {durationText(median)}, longest {durationText(longest)}
        </span>
      </header>
      <ol class="bars">
        {durations.map(({ deployment, at, duration, group }) => (
          <li key={deployment}>
            <a
              href={pathTo("deployment", { id: deployment })}
              title={`${deployment} to ${group}, ${clockText(at, { full: true })}: ${durationText(duration)}`}
              style={{ height: `${Math.max(4, (duration / longest) * 100)}%` }}
            >
              <span class="sr">
                {deployment}: {durationText(duration)}
              </span>
            </a>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Revisions({
  revisions,
  application,
}: {
  readonly revisions: readonly RevisionRow[];
  readonly application: string;
}) {
  return (
    <section class="panel" aria-labelledby="revisions">
      <header>
        <h2 id="revisions">Revisions</h2>
        <span class="muted">{number(revisions.length)}</span>
      </header>
      {revisions.length === 0 ? (
        <Empty
          title="No revisions yet"
          text="A revision is what a deployment brings to its targets."
          command={`aws deploy push --application-name ${application} --s3-location s3://BUCKET/KEY.zip --source FOLDER`}
        />
      ) : (
        <div class="scroll">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Revision</th>
                <th scope="col">Now on</th>
                <th scope="col">Deployments</th>
                <th scope="col" class="num">
                  Registered
                </th>
              </tr>
            </thead>
            <tbody>
              {revisions.map((row) => (
                <Revision key={row.revision.id} row={row} application={application} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Revision({
  row: { revision, description, current, deployments, registerTime },
  application,
}: {
  readonly row: RevisionRow;
  readonly application: string;
}) {
  return (
    <tr>
      <td class="any">
        <span class="mono" title={revision.text}>
          {revision.short}
        </span>
        {description !== undefined && <p class="muted small clip-2">{description}</p>}
      </td>
      <td>
        <ul class="chips">
          {current.map((group) => (
            <li key={group}>
              <a class="tag ok" href={pathTo("group", { application, group })}>
                {group}
              </a>
            </li>
          ))}
        </ul>
      </td>
      <td>
        <ul class="chips">
          {deployments.slice(0, 6).map(({ id, group, status }) => (
            <li key={id}>
              <a class="glyph small" href={pathTo("deployment", { id })} title={`${id} to ${group}: ${status}`}>
                <Glyph status={status} />
                <span class="sr">
                  {id} to {group}: {status}
                </span>
              </a>
            </li>
          ))}
          {deployments.length > 6 && <li class="muted small">{number(deployments.length - 6)} more</li>}
        </ul>
      </td>
      <td class="num soft">
        <Ago at={registerTime} isShort />
      </td>
    </tr>
  );
}
