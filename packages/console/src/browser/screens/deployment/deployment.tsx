import type { DeploymentAnswer } from "@sluice/server/console-contract";
import { address } from "../../live/api.ts";
import { pathTo, query, route } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { usePageKeys } from "../../ui/keys.ts";
import { PageHeader } from "../../ui/header.tsx";
import { Shown } from "../../ui/pictures.tsx";
import { number } from "../../ui/share-bar.tsx";
import { Glyph } from "../../ui/status.tsx";
import { statusWord, type Tone, toneOf } from "../../ui/tone.ts";
import { useEffect } from "preact/hooks";
import { go } from "../../live/router.ts";
import { DeploymentActions } from "./deployment-actions.tsx";
import { EventsView } from "./events-view.tsx";
import { LogsView } from "./logs/logs-view.tsx";
import { Progress } from "./progress.tsx";
import { Raw, Settings } from "./settings-view.tsx";
import { TargetsView } from "./targets-view.tsx";
import { WhyView } from "./why/why-view.tsx";

const views = ["why", "grid", "events", "logs", "settings", "raw"] as const;
type View = (typeof views)[number];

const labels: Readonly<Record<View, string>> = {
  why: "Why",
  grid: "Targets",
  events: "Events",
  logs: "Logs",
  settings: "Settings",
  raw: "Raw",
};

/** What a tab's title says of a deployment before its name. */
const signs: Readonly<Record<Tone, string>> = { ok: "✓", bad: "✕", run: "▶", wait: "‖", idle: "…", skip: "–" };

const hasEndedBadly = ({ deployment: { status } }: DeploymentAnswer) => status === "Failed" || status === "Stopped";

/** The view that the address asks for; without one, the cause of a deployment that failed, and the targets of any other. */
function viewOf(answer: DeploymentAnswer): View {
  const { page } = route.value;
  if (page === "why" || page === "logs") return page;
  const asked = views.find((view) => view === query.value.get("view"));
  return asked ?? (hasEndedBadly(answer) ? "why" : "grid");
}

const viewPath = (id: string, view: View): string =>
  view === "why"
    ? pathTo("why", { id })
    : view === "logs"
      ? pathTo("logs", { id })
      : pathTo("deployment", { id }, { view });

/** One deployment: what is happening, and to whom; or why it failed. */
export function DeploymentPage({ names }: { readonly names: Readonly<Record<string, string>> }) {
  const id = names["id"] ?? "";
  const snapshot = useSnapshot(address("/console/api/deployments/:id", { id }), {
    topics: [`deployment:${id}`],
    apply: (shown, delta) => {
      if (!("deployment" in delta)) return "reload";
      // What would be accepted changes with the status: it is asked for again.
      return delta.deployment.status === shown.deployment.status &&
        delta.deployment.waiting?.kind === shown.deployment.waiting?.kind
        ? { ...shown, deployment: delta.deployment }
        : "reload";
    },
  });
  useEffect(() => usePageKeys({ l: () => go(pathTo("logs", { id })) }), [id]);
  return (
    <Shown of={snapshot} what={`deployment ${id}`}>
      {(answer) => <Deployment answer={answer} reload={snapshot.reload} />}
    </Shown>
  );
}

function Deployment({ answer, reload }: { readonly answer: DeploymentAnswer; readonly reload: () => void }) {
  const { deployment } = answer;
  const { id, application, group } = deployment;
  const view = viewOf(answer);
  const hasCause = hasEndedBadly(answer) || (deployment.counts.Failed ?? 0) > 0;
  return (
    <>
      <PageHeader
        title={`${signs[toneOf(deployment.status)]} ${application} / ${group} ${id}`}
        heading={
          <span class="heading">
            <Glyph status={deployment.status} size={18} />
            <span class="sr">{statusWord(deployment.status)}: </span>
            <span>
              {deployment.revision.short} <span class="muted">to</span> {group}
            </span>
          </span>
        }
        crumbs={[
          [application, pathTo("application", { application })],
          [group, pathTo("group", { application, group })],
          [id, pathTo("deployment", { id })],
        ]}
        actions={<DeploymentActions answer={answer} reload={reload} hides={view === "why"} />}
        cli={view === "why" ? ["explain", id] : view === "logs" ? ["logs", id] : ["watch", id]}
      />
      <Progress deployment={deployment} isBrief={view === "logs"} />
      <nav class="tabs" aria-label="Views of the deployment">
        {views
          .filter((each) => each !== "why" || hasCause)
          .map((each) => (
            <a key={each} href={viewPath(id, each)} aria-current={each === view ? "page" : undefined}>
              {labels[each]}
              {each === "grid" && <span class="muted"> {number(deployment.counts.total)}</span>}
            </a>
          ))}
      </nav>
      {view === "why" && <WhyView id={id} deployment={deployment} />}
      {view === "grid" && <TargetsView id={id} />}
      {view === "events" && <EventsView path="/console/api/deployments/:id/events" id={id} />}
      {view === "logs" && <LogsView id={id} events={answer.events} hasFailed={hasCause} />}
      {view === "settings" && <Settings answer={answer} />}
      {view === "raw" && <Raw value={answer.raw} name={`${id}.json`} />}
    </>
  );
}
