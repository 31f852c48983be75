import type { ComponentChildren } from "preact";
import type { DeploymentHeader, Wave } from "@sluice/server/console-contract";
import { address } from "../../live/api.ts";
import { tick } from "../../live/clock.ts";
import { pathTo } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { countsText, number, ShareBar } from "../../ui/share-bar.tsx";
import { Glyph } from "../../ui/status.tsx";
import { toneOf } from "../../ui/tone.ts";
import { Ago, agoText, durationText, Took } from "../../ui/time.tsx";

/** What a deployment is doing: one sentence, one bar, and the few numbers behind them. */
export function Progress({
  deployment,
  isBrief,
}: {
  readonly deployment: DeploymentHeader;
  readonly isBrief: boolean;
}) {
  const { sentence, counts, minimumHealthy, waiting, waves, traffic } = deployment;
  return (
    <section
      class={`progress tone-${toneOf(deployment.status)}${toneOf(deployment.status) === "bad" ? " brief-narrow" : ""}`}
      aria-label="Progress"
    >
      <p class="sentence any">{toneOf(deployment.status) === "bad" ? <Cause deployment={deployment} /> : sentence}</p>
      {waiting !== undefined && waiting.text !== sentence && (
        <p class={`note any${waiting.needsPerson ? " wait" : ""}`}>
          <Glyph status="Ready" /> {waiting.text}
          {waiting.until !== undefined && <span class="muted"> It goes on {agoText(waiting.until, tick.value)}.</span>}
        </p>
      )}
      <ShareBar
        counts={counts}
        marks={
          minimumHealthy !== undefined && counts.total > 0 && minimumHealthy.hosts > 0
            ? [{ at: minimumHealthy.hosts / counts.total, text: minimumHealthy.text }]
            : []
        }
      />
      <p class="row small">
        <span>{countsText(counts)}</span>
        {minimumHealthy !== undefined && (
          <span class="muted push">
            {minimumHealthy.text}
            {minimumHealthy.failuresLeft >= 0 && `; ${number(minimumHealthy.failuresLeft)} more may fail`}
          </span>
        )}
      </p>
      {!isBrief && waves.length > 1 && <Waves waves={waves} />}
      {traffic !== undefined && traffic.length > 0 && <Traffic traffic={traffic} />}
      {!isBrief && <Facts deployment={deployment} />}
    </section>
  );
}

/** Why it failed, in the words of the explanation; until they are there, in those of the deployment. */
function Cause({ deployment: { id, sentence } }: { readonly deployment: DeploymentHeader }) {
  const why = useSnapshot(address("/console/api/deployments/:id/why", { id }));
  return <>{why.data.value?.sentence ?? (why.error.value === undefined ? " " : sentence)}</>;
}

/** Waves as one strip, each as wide as it has targets. Those to come are hollow: they are predicted. */
function Waves({ waves }: { readonly waves: readonly Wave[] }) {
  const shown = waves.length > 40 ? waves.slice(0, 40) : waves;
  return (
    <ol class="waves" aria-label="Waves">
      {shown.map((wave) => {
        const state = stateOfWave(wave);
        const text = `Wave ${wave.number}: ${number(wave.targets)} targets, ${wave.isPredicted ? "to come" : countsText(wave.counts)}${wave.boundBy === undefined ? "" : `. ${wave.boundBy}`}`;
        return (
          <li
            key={wave.number}
            class={`wave t-${state}${wave.isPredicted ? " predicted" : ""}`}
            style={{ flexGrow: String(Math.max(1, wave.targets)) }}
            title={text}
          >
            <span aria-hidden="true">{wave.number}</span>
            <span class="sr">{text}</span>
          </li>
        );
      })}
      {waves.length > shown.length && <li class="muted small">{number(waves.length - shown.length)} more</li>}
    </ol>
  );
}

function stateOfWave({ counts, targets, isPredicted }: Wave): string {
  if (isPredicted) return "idle";
  if ((counts.Failed ?? 0) > 0) return "bad";
  if ((counts.Skipped ?? 0) >= targets) return "skip";
  if ((counts.Succeeded ?? 0) + (counts.Skipped ?? 0) >= targets) return "ok";
  return "run";
}

function Traffic({ traffic }: { readonly traffic: NonNullable<DeploymentHeader["traffic"]> }) {
  return (
    <div
      class="traffic"
      role="img"
      aria-label={`Traffic: ${traffic.map(({ label, percent }) => `${label} ${percent} %`).join(", ")}`}
    >
      {traffic.map(({ label, percent }, index) => (
        <span
          key={label}
          class={index === 0 ? "first-share" : "other-share"}
          style={{ flexGrow: String(Math.max(percent, 0.01)) }}
        >
          {percent > 0 && (
            <>
              <span class="clip">{label}</span> <b>{percent} %</b>
            </>
          )}
        </span>
      ))}
    </div>
  );
}

function Facts({ deployment }: { readonly deployment: DeploymentHeader }) {
  const {
    revision,
    previousRevision,
    creator,
    createTime,
    startTime,
    completeTime,
    ratePerMinute,
    expectedEnd,
    usualDuration,
  } = deployment;
  const isOver = completeTime !== undefined;
  return (
    <dl class="keyfacts">
      <Fact name="Revision">
        <span class="mono any" title={revision.text}>
          {revision.short}
        </span>
        {previousRevision !== undefined && previousRevision.id !== revision.id && (
          <span class="muted">
            {" "}
            instead of <span class="mono">{previousRevision.short}</span>
          </span>
        )}
      </Fact>
      <Fact name="By">
        {creator}
        {deployment.description !== undefined && deployment.description !== "" && (
          <span class="muted clip-2"> {deployment.description}</span>
        )}
      </Fact>
      <Fact name={isOver ? "Ended" : "Started"}>
        <Ago at={completeTime ?? startTime ?? createTime} />
      </Fact>
      <Fact name={isOver ? "Took" : "Running for"}>
        <Took from={startTime ?? createTime} to={completeTime} usual={usualDuration} />
      </Fact>
      {!isOver && ratePerMinute !== undefined && <Fact name="Rate">{number(ratePerMinute)} a minute</Fact>}
      {!isOver && expectedEnd !== undefined && expectedEnd > tick.value && (
        <Fact name="Left">about {durationText(expectedEnd - tick.value)}</Fact>
      )}
      <Related deployment={deployment} />
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Related({ deployment: { rollbackOf, rolledBackBy, retryOf } }: { readonly deployment: DeploymentHeader }) {
  const relations = [
    ["Rolls back", rollbackOf],
    ["Rolled back by", rolledBackBy],
    ["Retries", retryOf],
  ] as const;
  return (
    <>
      {relations.map(([name, id]) =>
        id === undefined ? null : (
          <Fact key={name} name={name}>
            <a class="mono linked" href={pathTo("deployment", { id })}>
              {id}
            </a>
          </Fact>
        ),
      )}
    </>
  );
}
