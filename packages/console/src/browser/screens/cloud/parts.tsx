import type { Cloud } from "@sluice/server/console-contract";
import { pathTo } from "../../live/router.ts";
import { CloudPart, rowsOf, StateTag } from "./part.tsx";

/** Auto Scaling groups, each in one line. */
export function Groups({ cloud: { scalingGroups } }: { readonly cloud: Cloud }) {
  return (
    <CloudPart id="groups" title="Auto Scaling groups" part={scalingGroups} empty="No Auto Scaling groups.">
      {(rows) => (
        <ul class="plain">
          {rows.map(({ name, desired, instances }) => {
            const inService = instances.filter(({ lifecycleState }) => lifecycleState === "InService").length;
            return (
              <li key={name} class="row">
                <a class="linked any" data-row href={pathTo("scalingGroup", { name })}>
                  {name}
                </a>
                <span class={`push small ${inService === desired ? "soft" : "is-wait"}`}>
                  {inService} of {desired} in service
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </CloudPart>
  );
}

/** Load balancers, each with the health of its targets. */
export function Balancers({ cloud: { loadBalancers, targetGroups } }: { readonly cloud: Cloud }) {
  return (
    <CloudPart id="balancers" title="Load balancers" part={loadBalancers} empty="No load balancers.">
      {(rows) => (
        <ul class="plain">
          {rows.map(({ name, arn, state }) => {
            const targets = rowsOf(targetGroups)
              .filter((group) => group.loadBalancers.includes(arn) || group.loadBalancers.includes(name))
              .flatMap((group) => group.targets);
            const healthy = targets.filter((target) => target.state === "healthy").length;
            return (
              <li key={arn} class="row">
                <StateTag state={state} />
                <a class="linked any" data-row href={pathTo("loadBalancer", { name })}>
                  {name}
                </a>
                <span class={`push small ${healthy === targets.length ? "soft" : "is-wait"}`}>
                  {healthy} of {targets.length} healthy
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </CloudPart>
  );
}

/** Functions, each with its aliases. */
export function Functions({ cloud: { functions } }: { readonly cloud: Cloud }) {
  return (
    <CloudPart id="functions" title="Functions" part={functions} empty="No functions.">
      {(rows) => (
        <ul class="plain">
          {rows.map(({ name, runtime, aliases }) => (
            <li key={name} class="row">
              <a class="linked any" data-row href={pathTo("function", { name })}>
                {name}
              </a>
              <span class="push small muted">
                {runtime} {aliases.length > 0 && `· ${aliases.map((alias) => alias.name).join(", ")}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </CloudPart>
  );
}

/** ECS services, each with its task sets. */
export function Services({ cloud: { services } }: { readonly cloud: Cloud }) {
  return (
    <CloudPart id="services" title="ECS services" part={services} empty="No ECS services.">
      {(rows) => (
        <ul class="plain">
          {rows.map(({ arn, cluster, name, status, desired, running, taskSets }) => (
            <li key={arn}>
              <p class="row">
                <StateTag state={status} />
                <span class="any">
                  <span class="muted">{cluster} /</span> {name}
                </span>
                <span class={`push small ${running === desired ? "soft" : "is-wait"}`}>
                  {running} of {desired} running
                </span>
              </p>
              {taskSets.map((set) => (
                <p key={set.id} class="small muted any">
                  {set.status} {set.taskDefinition} · {set.running} of {set.desired} {set.stability}
                </p>
              ))}
            </li>
          ))}
        </ul>
      )}
    </CloudPart>
  );
}
