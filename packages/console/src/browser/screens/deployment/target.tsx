import type { TargetAnswer, TargetEvent } from "@sluice/server/console-contract";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { address } from "../../live/api.ts";
import { go, pathTo } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { ActionButton } from "../../ui/action.tsx";
import { OutputLine } from "../../ui/ansi-text.tsx";
import { PageHeader } from "../../ui/header.tsx";
import { Icon } from "../../ui/icons.tsx";
import { usePageKeys } from "../../ui/keys.ts";
import { Shown } from "../../ui/pictures.tsx";
import { Glyph } from "../../ui/status.tsx";
import { statusWord } from "../../ui/tone.ts";
import { Ago } from "../../ui/time.tsx";
import { Waterfall } from "./waterfall.tsx";

/** What happened on one host: its lifecycle events in time, and what the one that failed wrote. */
export function TargetPage({ names }: { readonly names: Readonly<Record<string, string>> }) {
  const { id = "", target = "" } = names;
  const snapshot = useSnapshot(address("/console/api/deployments/:id/targets/:target", { id, target }), {
    topics: [`targets:${id}`],
  });
  const data = snapshot.data.value;
  useEffect(
    () =>
      usePageKeys({
        f: () => data?.nextFailed !== undefined && go(pathTo("target", { id, target: data.nextFailed })),
        l: () => go(pathTo("logs", { id }, { t: target })),
      }),
    [id, target, data],
  );
  return (
    <Shown of={snapshot} what={`target ${target}`}>
      {(answer) => <Target answer={answer} />}
    </Shown>
  );
}

function Target({ answer }: { readonly answer: TargetAnswer }) {
  const { deployment, target } = answer;
  const { id, application, group } = deployment;
  const failed = target.events.filter(({ status }) => status === "Failed");
  return (
    <>
      <PageHeader
        title={`${target.id} in ${id}`}
        heading={
          <span class="heading">
            <Glyph status={target.status} size={18} />
            <span class="sr">{statusWord(target.status)}: </span>
            <span class="mono">{target.id}</span>
          </span>
        }
        crumbs={[
          [application, pathTo("application", { application })],
          [group, pathTo("group", { application, group })],
          [id, pathTo("deployment", { id })],
        ]}
        lead={
          <>
            {statusWord(target.status)}
            {failed[0] !== undefined && <> in {failed[0].name}</>} · <Ago at={target.lastUpdatedAt} />
          </>
        }
        cli={["logs", id, "--target", target.id]}
        actions={<TargetActions answer={answer} />}
      />
      <div class="stack">
        {failed.map((event) => (
          <FailedEvent key={event.name} event={event} id={id} target={target.id} />
        ))}
        <Waterfall events={target.events} logPath={(event) => pathTo("logs", { id }, { t: target.id, hook: event })} />
        <Host answer={answer} />
      </div>
    </>
  );
}

/** The ways to the other failed targets, what can be done about this one, and its log. */
function TargetActions({ answer }: { readonly answer: TargetAnswer }) {
  const { deployment, target, can, previousFailed, nextFailed } = answer;
  const { id } = deployment;
  return (
    <>
      {previousFailed !== undefined && (
        <a class="button quiet" href={pathTo("target", { id, target: previousFailed })}>
          Previous failed
        </a>
      )}
      {nextFailed !== undefined && (
        <a class="button quiet" href={pathTo("target", { id, target: nextFailed })}>
          Next failed
        </a>
      )}
      <ActionButton
        name="skip-target"
        body={{ deploymentId: id, targetId: target.id }}
        can={
          can["skip-target"]?.isAllowed === false && can["skip-target"].because === "state"
            ? undefined
            : can["skip-target"]
        }
        icon="skip"
        label="Skip this target"
        question={`Go on without ${target.id}?`}
      />
      <ActionButton
        name="retry"
        body={{ deploymentId: id }}
        can={can.retry?.isAllowed === false && can.retry.because === "state" ? undefined : can.retry}
        icon="retry"
        look="primary"
        label="Retry"
        question="Retry the targets that lack the revision?"
      />
      <a class="button" href={pathTo("logs", { id }, { t: target.id })}>
        <Icon name="audit" size={14} /> Log
      </a>
    </>
  );
}

function FailedEvent({
  event: { name, script, errorCode, message, logTail },
  id,
  target,
}: {
  readonly event: TargetEvent;
  readonly id: string;
  readonly target: string;
}) {
  return (
    <article class="panel failure">
      <header>
        <Glyph status="Failed" />
        <h2 class="failure-title any">
          {name}
          {script !== undefined && script !== "" && (
            <>
              <Icon name="chevron" size={12} /> <span class="mono">{script}</span>
            </>
          )}
          {errorCode !== undefined && <span class="tag bad">{errorCode}</span>}
        </h2>
        <a class="push linked small" href={pathTo("logs", { id }, { t: target, hook: name })}>
          Open the log
        </a>
      </header>
      <div class="body stack">
        {message !== undefined && <p class="failure-message any">{message}</p>}
        {logTail !== undefined && logTail !== "" && (
          <figure class="sample">
            <pre tabIndex={0} aria-label={`End of the output of ${name}`}>
              {logTail.split("\n").map((line, index) => (
                <span key={index} class="sample-line">
                  <OutputLine line={line} />
                  {"\n"}
                </span>
              ))}
            </pre>
          </figure>
        )}
      </div>
    </article>
  );
}

function Host({ answer: { host, target } }: { readonly answer: TargetAnswer }) {
  const facts: readonly (readonly [string, ComponentChildren])[] = [
    ["Zone", target.zone],
    ["Wave", target.wave],
    ["Label", target.label],
    ["Agent", host?.agentVersion],
    ["Agent last seen", host?.lastSeen === undefined ? undefined : <Ago at={host.lastSeen} />],
    ["Ran before", host?.ranBefore === undefined ? undefined : <span class="mono">{host.ranBefore.short}</span>],
    ["ARN", <span class="mono small">{target.arn}</span>],
  ];
  return (
    <section class="panel">
      <header>
        <h2>Host</h2>
        <a class="push linked small" href={pathTo("host", { host: target.id })}>
          All that this host runs
        </a>
      </header>
      <dl class="facts body">
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ),
        )}
      </dl>
    </section>
  );
}
