import type { Cloud, ScalingGroupTile } from "@sluice/server/console-contract";
import { address } from "../../live/api.ts";
import { pathTo } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { ActionButton } from "../../ui/action.tsx";
import { PageHeader } from "../../ui/header.tsx";
import { Empty, Shown } from "../../ui/pictures.tsx";
import { Ago } from "../../ui/time.tsx";
import { rowsOf, StateTag } from "./part.tsx";

/** The lanes of an instance's life, in their order. */
const lanes: readonly (readonly [name: string, states: RegExp])[] = [
  ["Pending", /^(Warmed:)?Pending/],
  ["In service", /^InService$/],
  ["Standby", /Standby$/],
  ["Terminating", /^(Terminating|Detach)/],
  ["Terminated", /^(Terminated|Detached)/],
];

/** One Auto Scaling group: which instance is where in its life, and why the group did what it did. */
export function ScalingGroupPage({ names }: { readonly names: Readonly<Record<string, string>> }) {
  const name = names["name"] ?? "";
  const snapshot = useSnapshot(address("/console/api/cloud"), { topics: ["cloud"] });
  return (
    <Shown of={snapshot} what={`group ${name}`}>
      {(cloud) => {
        const group = rowsOf(cloud.scalingGroups).find((each) => each.name === name);
        return group === undefined ? (
          <Empty title={`There is no Auto Scaling group ${name}`} />
        ) : (
          <Group group={group} can={cloud.can} />
        );
      }}
    </Shown>
  );
}

function Group({ group, can }: { readonly group: ScalingGroupTile; readonly can: Cloud["can"] }) {
  const { name, desired, min, max, suspended, activities } = group;
  return (
    <>
      <PageHeader
        title={name}
        crumbs={[["Local cloud", pathTo("cloud")]]}
        lead={
          <>
            {desired} desired, between {min} and {max}
            {suspended.length > 0 && <span class="is-wait"> · suspended: {suspended.join(", ")}</span>}
          </>
        }
        actions={<DesiredButtons group={group} can={can} />}
      />
      <div class="stack wide">
        <div class="lanes">
          {lanes.map(([lane, states]) => (
            <Lane
              key={lane}
              lane={lane}
              group={group}
              instances={group.instances.filter(({ lifecycleState }) => states.test(lifecycleState))}
              can={can}
            />
          ))}
        </div>
        <Activities activities={activities} />
      </div>
    </>
  );
}

/** One instance less or one more, where the group's bounds leave room. */
function DesiredButtons({
  group: { name, desired, min, max },
  can,
}: {
  readonly group: ScalingGroupTile;
  readonly can: Cloud["can"];
}) {
  return (
    <>
      {desired > min && (
        <ActionButton
          name="set-desired"
          body={{ scalingGroup: name, desired: desired - 1 }}
          can={can["set-desired"]}
          label="One less"
          question={`Have ${desired - 1} instances in ${name}?`}
        />
      )}
      {desired < max && (
        <ActionButton
          name="set-desired"
          body={{ scalingGroup: name, desired: desired + 1 }}
          can={can["set-desired"]}
          label="One more"
          question={`Have ${desired + 1} instances in ${name}?`}
        />
      )}
    </>
  );
}

/** What the group did, and why. */
function Activities({ activities }: Pick<ScalingGroupTile, "activities">) {
  return (
    <section class="panel" aria-labelledby="activities">
      <header>
        <h2 id="activities">Activities</h2>
      </header>
      {activities.length === 0 ? (
        <p class="quietline">None yet.</p>
      ) : (
        <ol class="plain">
          {activities.map(({ id, status, description, cause, startTime }) => (
            <li key={id}>
              <p class="row">
                <StateTag state={status} /> <span class="any">{description}</span>
                <span class="push muted small">
                  <Ago at={startTime} isShort />
                </span>
              </p>
              <p class="muted small any">{cause}</p>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

interface LaneOptions {
  readonly lane: string;
  readonly group: ScalingGroupTile;
  readonly instances: ScalingGroupTile["instances"];
  readonly can: Cloud["can"];
}

function Lane({ lane, group, instances, can }: LaneOptions) {
  return (
    <section class="panel lane" aria-label={lane}>
      <header>
        <h2>{lane}</h2>
        <span class="muted">{instances.length}</span>
      </header>
      <ul class="plain">
        {instances.map(({ id, lifecycleState, health, zone, isProtected }) => (
          <li key={id}>
            <p class="row">
              <a class="linked mono small clip" href={pathTo("host", { host: id })}>
                {id}
              </a>
            </p>
            <p class="row small">
              <StateTag state={lifecycleState} />
              <span class={health.toLowerCase() === "healthy" ? "muted" : "is-bad"}>{health}</span>
              <span class="muted">{zone}</span>
            </p>
            {lifecycleState.endsWith(":Wait") &&
              group.hooks.map((hook) => (
                <ActionButton
                  key={hook.name}
                  name="complete-hook"
                  body={{ scalingGroup: group.name, hook: hook.name, instanceId: id, result: "CONTINUE" }}
                  can={can["complete-hook"]}
                  label={`Complete ${hook.name}`}
                  isSmall
                  question={`Let ${id} go on?`}
                />
              ))}
            {lifecycleState === "InService" && (
              <ActionButton
                name="protect-instance"
                body={{ scalingGroup: group.name, instanceId: id, isProtected: !isProtected }}
                can={can["protect-instance"]}
                label={isProtected ? "End protection" : "Protect"}
                look="quiet"
                isSmall
                question={isProtected ? `Let the group end ${id} again?` : `Protect ${id} from being scaled in?`}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
