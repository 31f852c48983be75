import type { Delta, DeploymentRow, Now } from "@sluice/server/console-contract";
import { useEffect } from "preact/hooks";
import { address } from "../live/api.ts";
import { pathTo } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { FinishedTable } from "./deployment-table.tsx";
import { Command } from "../ui/copy.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Icon } from "../ui/icons.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { number, plural } from "../ui/share-bar.tsx";
import { Ago } from "../ui/time.tsx";
import { Outcomes } from "./outcomes.tsx";
import { RunningRow } from "./running-row.tsx";

const ended = new Set(["Succeeded", "Failed", "Stopped"]);

/** Rows of deployments that have changed: those that run stay in their place, those that ended go to the others. */
function apply(shown: Now, delta: Delta): Now | "reload" {
  if (delta.topic !== "now") return "reload";
  let { running, finished } = shown;
  for (const row of delta.rows) {
    if (!running.some(({ id }) => id === row.id) && !finished.some(({ id }) => id === row.id)) return "reload";
    if (ended.has(row.status)) {
      if (running.some(({ id }) => id === row.id)) return "reload"; // its end also counts among the outcomes
      finished = finished.map((each) => (each.id === row.id ? row : each));
    } else running = running.map((each) => (each.id === row.id ? row : each));
  }
  return { ...shown, running, finished };
}

/** What moves, what is broken, what waits for a person. */
export function NowPage() {
  const now = useSnapshot(address("/console/api/now"), { topics: ["now"], apply });
  const data = now.data.value;
  useEffect(() => showInTab(data), [data]);
  return (
    <>
      <PageHeader
        title="Now"
        lead={data && summary(data)}
        cli={["status"]}
        actions={
          <a class="button primary" href={pathTo("deploy")}>
            <Icon name="deploy" size={14} /> New deployment
          </a>
        }
      />
      <Shown of={now} what="what is happening">
        {(shown) =>
          shown.first.hasDeployments || shown.running.length > 0 ? <Sections now={shown} /> : <FirstRun now={shown} />
        }
      </Shown>
    </>
  );
}

function summary(now: Now): string {
  const waiting = now.running.filter(isWaiting).length;
  const running = now.running.length + now.moreRunning - waiting;
  const parts = [
    waiting > 0 ? `${number(waiting)} ${waiting === 1 ? "waits" : "wait"} for a person` : "",
    running > 0 ? `${plural(running, "deployment")} running` : "",
    now.silentAgents.count > 0 ? `${plural(now.silentAgents.count, "agent")} silent` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? "Nothing is moving, and nobody is waited for." : `${parts.join(" · ")}.`;
}

const isWaiting = (row: DeploymentRow) => row.waiting?.needsPerson === true;

function Sections({ now }: { readonly now: Now }) {
  const waiting = now.running.filter(isWaiting);
  const moving = now.running.filter((row) => !isWaiting(row));
  return (
    <div class="stack wide">
      {waiting.length > 0 && (
        <section class="panel attention" aria-labelledby="waiting">
          <header>
            <h2 id="waiting">Waiting for a person</h2>
            <span class="muted">{number(waiting.length)}</span>
          </header>
          <ul>
            {waiting.map((row) => (
              <RunningRow key={row.id} row={row} />
            ))}
          </ul>
        </section>
      )}
      <section class="panel" aria-labelledby="running">
        <header>
          <h2 id="running">Running</h2>
          <span class="muted">{number(moving.length + now.moreRunning)}</span>
        </header>
        {moving.length === 0 ? (
          <p class="quietline">Nothing is running.</p>
        ) : (
          <ul>
            {moving.map((row) => (
              <RunningRow key={row.id} row={row} />
            ))}
          </ul>
        )}
        {now.moreRunning > 0 && (
          <p class="quietline">
            <a href={pathTo("deployments", {}, { status: "InProgress" })}>{number(now.moreRunning)} more are running</a>
          </p>
        )}
      </section>
      {now.silentAgents.count > 0 && <Silent now={now} />}
      <section class="panel" aria-labelledby="day">
        <header>
          <h2 id="day">Last 24 hours</h2>
        </header>
        <Outcomes hours={now.outcomes} />
      </section>
      <section class="panel" aria-labelledby="finished">
        <header>
          <h2 id="finished">Finished</h2>
          <a class="push soft small" href={pathTo("deployments")}>
            All deployments
          </a>
        </header>
        {now.finished.length === 0 ? (
          <p class="quietline">None has ended yet.</p>
        ) : (
          <FinishedTable rows={now.finished} />
        )}
      </section>
    </div>
  );
}

function Silent({ now }: { readonly now: Now }) {
  const { hosts, count } = now.silentAgents;
  return (
    <section class="panel" aria-labelledby="silent">
      <header>
        <h2 id="silent">Silent agents</h2>
        <span class="muted">{number(count)}</span>
        <a class="push soft small" href={pathTo("hosts", {}, { silent: "1" })}>
          All of them
        </a>
      </header>
      <ul class="tiles">
        {hosts.slice(0, 12).map(({ host, lastSeen }) => (
          <li key={host}>
            <a href={pathTo("host", { host })} class="clip">
              {host}
            </a>{" "}
            <span class="muted">{lastSeen === undefined ? "not seen" : <Ago at={lastSeen} isShort />}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const steps: readonly {
  readonly text: string;
  readonly line: string;
  readonly isDone: (first: Now["first"]) => boolean;
}[] = [
  { text: "Start the local cloud, with instances", line: "npx sluice up", isDone: ({ hasHosts }) => hasHosts },
  {
    text: "Make an application of your own",
    line: "cp -r examples/hello mine",
    isDone: ({ hasApplications }) => hasApplications,
  },
  { text: "Deploy it", line: "npx sluice deploy mine", isDone: ({ hasDeployments }) => hasDeployments },
];

function FirstRun({ now }: { readonly now: Now }) {
  return (
    <section class="panel" aria-labelledby="first">
      <Empty
        title="Nothing has been deployed yet"
        text="Deployments appear here as soon as there are any. Three steps to the first one:"
      />
      <ol class="first" id="first">
        {steps.map(({ text, line, isDone }, index) => (
          <li key={text} data-done={isDone(now.first)}>
            <b aria-hidden="true">{isDone(now.first) ? "✓" : index + 1}</b>
            <div>
              <span>
                {text}
                {isDone(now.first) && <span class="is-ok"> – done</span>}
              </span>
              <Command line={line} />
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The tab's title tells what goes on while the reader is elsewhere. */
function showInTab(now: Now | undefined): () => void {
  const failed =
    now?.finished.filter(({ status, completeTime }) => status === "Failed" && (completeTime ?? 0) > now.now - 3_600_000)
      .length ?? 0;
  const running = now === undefined ? 0 : now.running.length + now.moreRunning;
  const parts = [running > 0 ? `▶ ${running}` : "", failed > 0 ? `✕ ${failed}` : ""].filter((part) => part !== "");
  document.title = [...parts, "Sluice"].join(" · ");
  return () => {};
}
