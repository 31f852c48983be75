import type { Cloud, LoadBalancerTile, TargetGroupTile } from "@sluice/server/console-contract";
import { address } from "../../live/api.ts";
import { pathTo } from "../../live/router.ts";
import { safeHref } from "../../ui/safe-href.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { ActionButton } from "../../ui/action.tsx";
import { PageHeader } from "../../ui/header.tsx";
import { Empty, Shown } from "../../ui/pictures.tsx";
import { rowsOf, StateTag } from "./part.tsx";
import { Weights } from "./weights.tsx";

/** One load balancer: who gets traffic, and how each target is. */
export function LoadBalancerPage({ names }: { readonly names: Readonly<Record<string, string>> }) {
  const name = names["name"] ?? "";
  const snapshot = useSnapshot(address("/console/api/cloud"), { topics: ["cloud"] });
  return (
    <Shown of={snapshot} what={`load balancer ${name}`}>
      {(cloud) => {
        const balancer = rowsOf(cloud.loadBalancers).find((each) => each.name === name);
        if (balancer === undefined) return <Empty title={`There is no load balancer ${name}`} />;
        const used = new Set(balancer.listeners.flatMap(({ weights }) => Object.keys(weights)));
        const groups = rowsOf(cloud.targetGroups).filter(
          (group) =>
            used.has(group.name) || group.loadBalancers.includes(balancer.arn) || group.loadBalancers.includes(name),
        );
        return <Balancer balancer={balancer} groups={groups} can={cloud.can} />;
      }}
    </Shown>
  );
}

function Balancer({
  balancer,
  groups,
  can,
}: {
  readonly balancer: LoadBalancerTile;
  readonly groups: readonly TargetGroupTile[];
  readonly can: Cloud["can"];
}) {
  const { name, kind, state, dnsName, listeners } = balancer;
  return (
    <>
      <PageHeader
        title={name}
        crumbs={[["Local cloud", pathTo("cloud")]]}
        lead={
          <>
            {kind} · <StateTag state={state} /> <span class="mono small any">{dnsName}</span>
          </>
        }
      />
      <div class="stack wide">
        {listeners.length > 0 && (
          <section class="panel" aria-labelledby="listeners">
            <header>
              <h2 id="listeners">Listeners</h2>
            </header>
            <ul class="plain">
              {listeners.map(({ arn, port, protocol, weights }) => (
                <li key={arn}>
                  <p class="row">
                    <span class="strong">
                      {protocol} {port}
                    </span>
                    <Open url={`${protocol.toLowerCase()}://${dnsName ?? ""}:${port}/`} />
                  </p>
                  <Weights weights={weights} />
                </li>
              ))}
            </ul>
          </section>
        )}
        {groups.map((group) => (
          <Targets key={group.arn} group={group} can={can} />
        ))}
      </div>
    </>
  );
}

/** A link to what listens, if its address is one of the web's. */
function Open({ url }: { readonly url: string }) {
  const href = safeHref(url);
  return href === undefined ? null : (
    <a class="linked small push" href={href} target="_blank" rel="noreferrer noopener">
      Open
    </a>
  );
}

function Targets({ group, can }: { readonly group: TargetGroupTile; readonly can: Cloud["can"] }) {
  const { name, arn, targets } = group;
  return (
    <section class="panel" aria-label={`Target group ${name}`}>
      <header>
        <h2 class="any">{name}</h2>
        <span class="muted">{targets.length}</span>
      </header>
      {targets.length === 0 ? (
        <p class="quietline">No target is registered.</p>
      ) : (
        <div class="scroll">
          <table class="list">
            <tbody>
              {targets.map(({ id, port, state, reason, description }) => (
                <tr key={`${id} ${port}`}>
                  <td class="mono">
                    {id}
                    {port !== undefined && <span class="muted">:{port}</span>}
                  </td>
                  <td>
                    <StateTag state={state} />
                  </td>
                  <td class="soft any small">
                    {[reason, description].filter((part) => part !== undefined).join(": ")}
                  </td>
                  <td class="num">
                    <ActionButton
                      name="drain-target"
                      body={{ targetGroupArn: arn, targetId: id, ...(port !== undefined && { port }) }}
                      can={state === "draining" ? undefined : can["drain-target"]}
                      label="Drain"
                      look="quiet"
                      isSmall
                      question={`Take ${id} out of ${name}?`}
                      explanation={<p>Requests under way are finished; no new ones come.</p>}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
