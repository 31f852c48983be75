import type { FailureGroup, SharedTrait } from "@sluice/server/console-contract";
import { pathTo } from "../../../live/router.ts";
import { OutputLine } from "../../../ui/ansi-text.tsx";
import { Icon } from "../../../ui/icons.tsx";
import { number } from "../../../ui/share-bar.tsx";
import { Ago } from "../../../ui/time.tsx";

/** Targets that are named; the rest is a number. */
const namedMax = 8;

/** Last lines of the sample that are shown at once: the error is mostly the last but a few. */
const sampleLines = 14;

interface FailureCardOptions {
  readonly group: FailureGroup;
  readonly letter: string;
  readonly id: string;
  readonly total: number;
}

/** Failures that look alike, as one: how many, where first, what they wrote, what they share. */
export function FailureCard({ group, letter, id, total }: FailureCardOptions) {
  const { event, script, exitCode, errorCode, message, count, firstTarget, firstSeen, remedy, shared, sample } = group;
  return (
    <article class="panel failure" aria-label={`Cause ${letter}`}>
      <header>
        <span class="letter" aria-hidden="true">
          {letter}
        </span>
        <h3 class="failure-title any">
          <span class="failure-event">{event}</span>
          {script !== undefined && (
            <>
              <Icon name="chevron" size={12} /> <span class="mono">{script}</span>
            </>
          )}
          {exitCode !== undefined && <span class="tag bad">exit {exitCode}</span>}
          {exitCode === undefined && <span class="tag">{errorCode}</span>}
        </h3>
        <span class="push failure-count">
          <b>{number(count)}</b> <span class="muted">of {number(total)} targets</span>
        </span>
      </header>
      <div class="body stack">
        <p class="any failure-message">{message}</p>
        {sample !== "" && <Sample sample={sample} id={id} group={group} />}
        {remedy !== undefined && (
          <p class="note remedy any">
            <Icon name="retry" size={14} /> {remedy}
          </p>
        )}
        {shared.length > 0 && <Shared shared={shared} />}
        <Targets group={group} id={id} />
        {firstTarget !== "" && (
          <p class="muted small">
            First on{" "}
            <a class="linked mono" href={pathTo("target", { id, target: firstTarget })}>
              {firstTarget}
            </a>
            , <Ago at={firstSeen} />
          </p>
        )}
      </div>
    </article>
  );
}

function Sample({ sample, id, group }: { readonly sample: string; readonly id: string; readonly group: FailureGroup }) {
  const lines = sample.replace(/\n$/, "").split("\n");
  const shown = lines.slice(-sampleLines);
  return (
    <figure class="sample">
      <figcaption class="row small">
        <span class="muted">Output on</span> <span class="mono clip">{group.firstTarget}</span>
        {lines.length > shown.length && <span class="muted">last {shown.length} lines</span>}
        <a class="push linked" href={pathTo("logs", { id }, { t: group.firstTarget, hook: group.event })}>
          Open the log
        </a>
      </figcaption>
      <pre tabIndex={0} aria-label={`Output on ${group.firstTarget}`}>
        {shown.map((line, index) => (
          <span key={index} class={`sample-line${isLoud(line) ? " loud" : ""}`}>
            <OutputLine line={line} />
            {"\n"}
          </span>
        ))}
      </pre>
    </figure>
  );
}

/** A guess at the lines that say what went wrong. */
const isLoud = (line: string): boolean =>
  /\b(error|fatal|failed|refused|denied|exception|cannot|no such)\b/i.test(line.slice(0, 400));

const traitNames: Readonly<Record<string, string>> = {
  zone: "Availability Zone",
  scalingGroup: "Auto Scaling group",
  agentVersion: "Agent",
  agent: "Agent",
  image: "Image",
  ranBefore: "Revision before",
  wave: "Wave",
  label: "Blue or green",
};

/** What failed targets have, and the others do not: two bars that one can compare. */
function Shared({ shared }: { readonly shared: readonly SharedTrait[] }) {
  return (
    <div>
      <h4 class="small-title">What they share, and the others do not</h4>
      <table class="shared">
        <thead class="sr">
          <tr>
            <th>Property</th>
            <th>Failed with it</th>
            <th>Others with it</th>
          </tr>
        </thead>
        <tbody>
          {shared.map(({ name, value, failedWith, failed, othersWith, others }) => (
            <tr key={`${name} ${value}`}>
              <th scope="row" class="any">
                <span class="muted">{traitNames[name] ?? name}</span> <span class="strong">{value}</span>
              </th>
              <td>
                <Portion part={failedWith} whole={failed} tone="bad" what="failed" />
              </td>
              <td>
                <Portion part={othersWith} whole={others} tone="ok" what="others" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Portion({
  part,
  whole,
  tone,
  what,
}: {
  readonly part: number;
  readonly whole: number;
  readonly tone: "bad" | "ok";
  readonly what: string;
}) {
  return (
    <span class="portion">
      <span class="sharebar" aria-hidden="true">
        <i class={tone} style={{ flex: `${part} 0 0` }} />
        <i class="idle" style={{ flex: `${Math.max(0, whole - part)} 0 0` }} />
      </span>
      <span class="small">
        {number(part)} of {number(whole)} <span class="muted">{what}</span>
      </span>
    </span>
  );
}

function Targets({ group: { targets, count }, id }: { readonly group: FailureGroup; readonly id: string }) {
  return (
    <ul class="chips" aria-label="Targets with this failure">
      {targets.slice(0, namedMax).map((target) => (
        <li key={target}>
          <a class="tag mono" data-row href={pathTo("target", { id, target })}>
            {target}
          </a>
        </li>
      ))}
      {count > Math.min(namedMax, targets.length) && (
        <li>
          <a class="tag" href={pathTo("deployment", { id }, { view: "grid", state: "Failed" })}>
            {number(count - Math.min(namedMax, targets.length))} more
          </a>
        </li>
      )}
    </ul>
  );
}
