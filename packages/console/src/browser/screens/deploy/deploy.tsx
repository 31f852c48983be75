import { address } from "../../live/api.ts";
import { pathTo, setQuery } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { PageHeader } from "../../ui/header.tsx";
import { Empty, Shown } from "../../ui/pictures.tsx";
import { plural } from "../../ui/share-bar.tsx";
import { type Choice, choiceOf } from "./choice.ts";
import { Result } from "./result.tsx";

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
