import type { PlanAnswer } from "@sluice/server/console-contract";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { address, ApiError, act, post } from "../live/api.ts";
import { go, pathTo, query, setQuery } from "../live/router.ts";
import { useSnapshot } from "../live/snapshot.ts";
import { Command, CopyButton } from "../ui/copy.tsx";
import { ask } from "../ui/dialog.tsx";
import { PageHeader } from "../ui/header.tsx";
import { Icon } from "../ui/icons.tsx";
import { Empty, Shown } from "../ui/pictures.tsx";
import { number, plural } from "../ui/share-bar.tsx";
import { shellWords } from "../ui/shell-words.ts";
import { durationText } from "../ui/time.tsx";

/** After the last change, what would result is asked for after this many milliseconds. */
const pauseMilliseconds = 300;

/** What the form has: all of it is in the address, so that a deployment to be made can be sent to somebody. */
interface Choice {
  readonly application: string;
  readonly group: string;
  readonly revision: string;
  readonly description: string;
  readonly onExisting: string;
  readonly ignoresStop: boolean;
  readonly onlyOutdated: boolean;
}

function choiceOf(): Choice {
  const text = (name: string) => query.value.get(name) ?? "";
  return {
    application: text("application"),
    group: text("group"),
    revision: text("revision"),
    description: text("description"),
    onExisting: text("existing") === "" ? "DISALLOW" : text("existing"),
    ignoresStop: text("ignoreStop") === "1",
    onlyOutdated: text("outdated") === "1",
  };
}

/** A new deployment: above what is chosen, below what would result. */
export function DeployPage() {
  const choice = choiceOf();
  const applications = useSnapshot(address("/console/api/applications", {}, { limit: 200 }));
  return (
    <>
      <PageHeader
        title="New deployment"
        crumbs={[["Deployments", pathTo("deployments")]]}
        lead="Above what you choose, below what would result."
      />
      <Shown of={applications} what="applications">
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty
              title="There is no application to deploy"
              command="npx sluice deploy FOLDER --application A --group G"
            />
          ) : (
            <div class="stack wide">
              <section class="panel" aria-labelledby="choices">
                <header>
                  <h2 id="choices">What you choose</h2>
                </header>
                <div class="body form">
                  <label class="field">
                    Application
                    <select
                      value={choice.application}
                      onChange={(event) =>
                        setQuery({ application: event.currentTarget.value, group: undefined, revision: undefined })
                      }
                    >
                      <option value="">Choose one</option>
                      {rows.map(({ name }) => (
                        <option key={name}>{name}</option>
                      ))}
                    </select>
                  </label>
                  {choice.application !== "" && <OfApplication choice={choice} key={choice.application} />}
                </div>
              </section>
            </div>
          )
        }
      </Shown>
    </>
  );
}

function OfApplication({ choice }: { readonly choice: Choice }) {
  const snapshot = useSnapshot(address("/console/api/applications/:application", { application: choice.application }));
  return (
    <Shown of={snapshot} what="groups and revisions">
      {({ groups, revisions }) => {
        const chosen = revisions.find(({ revision }) => revision.id === choice.revision);
        const group = groups.find((cell) => cell.group === choice.group);
        return (
          <>
            <label class="field">
              Deployment group
              <select value={choice.group} onChange={(event) => setQuery({ group: event.currentTarget.value })}>
                <option value="">Choose one</option>
                {groups.map((cell) => (
                  <option key={cell.group}>{cell.group}</option>
                ))}
              </select>
              {group !== undefined && (
                <small>
                  {group.shares[0] === undefined
                    ? "Nothing runs there yet."
                    : `Now ${group.shares[0].revision.short} on ${plural(group.targets, "target")}.`}
                </small>
              )}
            </label>
            <label class="field">
              Revision
              <select value={choice.revision} onChange={(event) => setQuery({ revision: event.currentTarget.value })}>
                <option value="">Choose one</option>
                {revisions.map(({ revision, description, current }) => (
                  <option key={revision.id} value={revision.id}>
                    {revision.short}
                    {current.length > 0 && ` (now on ${current.join(", ")})`}
                    {description !== undefined && ` – ${description.slice(0, 60)}`}
                  </option>
                ))}
              </select>
              {chosen !== undefined && <small class="any">{chosen.revision.text}</small>}
            </label>
            <Options choice={choice} />
            {chosen !== undefined && group !== undefined && (
              <Result choice={choice} location={chosen.revision.location} />
            )}
          </>
        );
      }}
    </Shown>
  );
}

function Options({ choice }: { readonly choice: Choice }) {
  return (
    <>
      <label class="field">
        Description
        <input
          type="text"
          value={choice.description}
          maxLength={500}
          onChange={(event) => setQuery({ description: event.currentTarget.value })}
        />
      </label>
      <label class="field">
        Files that are there already
        <select value={choice.onExisting} onChange={(event) => setQuery({ existing: event.currentTarget.value })}>
          <option value="DISALLOW">End the deployment</option>
          <option value="OVERWRITE">Are replaced</option>
          <option value="RETAIN">Stay as they are</option>
        </select>
      </label>
      <div class="stack">
        <label class="check">
          <input
            type="checkbox"
            checked={choice.onlyOutdated}
            onChange={() => setQuery({ outdated: choice.onlyOutdated ? undefined : "1" })}
          />{" "}
          Only targets that do not have the revision
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={choice.ignoresStop}
            onChange={() => setQuery({ ignoreStop: choice.ignoresStop ? undefined : "1" })}
          />{" "}
          Go on when the old revision's ApplicationStop fails
        </label>
      </div>
    </>
  );
}

/** CreateDeployment's input for a choice. */
const inputOf = (choice: Choice, revision: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  applicationName: choice.application,
  deploymentGroupName: choice.group,
  revision,
  ...(choice.description !== "" && { description: choice.description }),
  ...(choice.onExisting !== "DISALLOW" && { fileExistsBehavior: choice.onExisting }),
  ...(choice.ignoresStop && { ignoreApplicationStopFailures: true }),
  ...(choice.onlyOutdated && { updateOutdatedInstancesOnly: true }),
});

function Result({
  choice,
  location,
}: {
  readonly choice: Choice;
  readonly location: Readonly<Record<string, unknown>>;
}) {
  const input = inputOf(choice, location);
  const text = JSON.stringify(input);
  const plan = useSignal<PlanAnswer | ApiError | undefined>(undefined);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      post<PlanAnswer>("/console/api/plan", { input }, stop.signal).then(
        (answer) => (plan.value = answer),
        (error: unknown) => {
          if (!stop.signal.aborted) plan.value = error instanceof ApiError ? error : undefined;
        },
      );
    }, pauseMilliseconds);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  const line = shellWords(["aws", "deploy", "create-deployment", "--cli-input-json", text]);
  const answer = plan.value;
  const count = answer !== undefined && !(answer instanceof ApiError) ? answer.targets.length : undefined;
  const create = () =>
    ask({
      title: `Deploy to ${choice.group}?`,
      content: (
        <p>
          {count === undefined
            ? "The revision goes to all targets of the group."
            : `${plural(count, "target")} ${count === 1 ? "gets" : "get"} the revision.`}
        </p>
      ),
      answer: "Deploy",
      act: async () => {
        const { deploymentId } = await act("create-deployment", input);
        go(deploymentId === undefined ? pathTo("deployments") : pathTo("deployment", { id: deploymentId }));
      },
    });
  return (
    <div class="form-wide stack result">
      <div class="row">
        <button type="button" class="button primary" onClick={create}>
          <Icon name="deploy" size={14} /> Deploy
          {count !== undefined && ` to ${plural(count, "target")}`}
        </button>
        <CopyButton text={addressNow()} what="link to this form" icon="link">
          Copy link
        </CopyButton>
        <CopyButton text={JSON.stringify(input, null, 2)} what="as JSON">
          Copy JSON
        </CopyButton>
      </div>
      <div>
        <h3>The same as a command</h3>
        <Command line={line} />
      </div>
      {answer instanceof ApiError && <Refused error={answer} />}
      {answer !== undefined && !(answer instanceof ApiError) && <Plan plan={answer} />}
    </div>
  );
}

const addressNow = (): string => globalThis.location.href;

function Refused({ error }: { readonly error: ApiError }) {
  return error.status === 404 || error.status === 501 ? null : (
    <p class="note wait any" role="status">
      {error.message} <span class="muted">{error.code}</span>
    </p>
  );
}

/** What would happen: waves, what is refused, what the service itself does, and how it would end. */
function Plan({ plan: { targets, refused, waves, steps, outcome, duration } }: { readonly plan: PlanAnswer }) {
  return (
    <section class="stack" aria-label="What would result">
      <p class="any">
        <span class="strong">{plural(targets.length, "target")}</span> in {plural(waves.length, "wave")}
        {duration !== undefined && <>, about {durationText(duration)}</>}. {outcome.text}
      </p>
      {waves.length > 0 && (
        <ol class="waves" aria-label="Waves">
          {waves.slice(0, 40).map((wave) => (
            <li
              key={wave.number}
              class="wave predicted"
              style={{ flexGrow: String(Math.max(1, wave.targets)) }}
              title={`Wave ${wave.number}: ${number(wave.targets)} targets. ${wave.boundBy ?? ""}`}
            >
              {number(wave.targets)}
            </li>
          ))}
        </ol>
      )}
      {waves[0]?.boundBy !== undefined && <p class="muted small">{waves[0].boundBy}</p>}
      {steps.length > 0 && (
        <ol class="steps">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
      {refused.length > 0 && (
        <div class="note wait">
          <div>
            <p class="strong">{plural(refused.length, "target")} would be refused</p>
            <ul>
              {refused.slice(0, 20).map(({ id, why }) => (
                <li key={id} class="any">
                  <span class="mono">{id}</span>: {why}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </section>
  );
}
