import { address } from "../../live/api.ts";
import { pathTo } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { PageHeader } from "../../ui/header.tsx";
import { Empty, Shown } from "../../ui/pictures.tsx";
import { rowsOf } from "./part.tsx";
import { Weights } from "./weights.tsx";

/** One function: how its aliases share traffic among versions. */
export function FunctionPage({ names }: { readonly names: Readonly<Record<string, string>> }) {
  const name = names["name"] ?? "";
  const snapshot = useSnapshot(address("/console/api/cloud"), { topics: ["cloud"] });
  return (
    <Shown of={snapshot} what={`function ${name}`}>
      {(cloud) => {
        const found = rowsOf(cloud.functions).find((each) => each.name === name);
        if (found === undefined) return <Empty title={`There is no function ${name}`} />;
        return (
          <>
            <PageHeader
              title={name}
              crumbs={[["Local cloud", pathTo("cloud")]]}
              lead={[found.runtime, found.state].filter((part) => part !== undefined).join(" · ")}
            />
            <section class="panel" aria-labelledby="aliases">
              <header>
                <h2 id="aliases">Aliases</h2>
                <span class="muted">{found.aliases.length}</span>
              </header>
              {found.aliases.length === 0 ? (
                <p class="quietline">It has no alias: traffic is shifted between the versions of one.</p>
              ) : (
                <ul class="plain">
                  {found.aliases.map((alias) => (
                    <li key={alias.name}>
                      <p class="strong">{alias.name}</p>
                      <Weights weights={alias.weights} />
                    </li>
                  ))}
                </ul>
              )}
            </section>
            <p class="muted small">
              Deployments that shift its traffic are under{" "}
              <a class="linked" href={pathTo("deployments")}>
                Deployments
              </a>
              .
            </p>
          </>
        );
      }}
    </Shown>
  );
}
