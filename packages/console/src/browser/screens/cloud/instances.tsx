import type { Cloud, InstanceTile } from "@sluice/server/console-contract";
import { pathTo } from "../../live/router.ts";
import { ActionButton } from "../../ui/action.tsx";
import { Ago } from "../../ui/time.tsx";
import { CloudPart, StateTag } from "./part.tsx";

/** The instances of the local cloud, and what can be done to each. */
export function Instances({ cloud: { instances, can } }: { readonly cloud: Cloud }) {
  return (
    <CloudPart
      id="instances"
      title="Instances"
      part={instances}
      empty="No instances. npx sluice up starts some, with the example."
    >
      {(rows) => (
        <div class="scroll">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Instance</th>
                <th scope="col">State</th>
                <th scope="col">Address</th>
                <th scope="col">Zone</th>
                <th scope="col">Group</th>
                <th scope="col" class="num">
                  Launched
                </th>
                <th scope="col">
                  <span class="sr">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((instance) => (
                <Row key={instance.id} instance={instance} can={can} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </CloudPart>
  );
}

interface InstanceOptions {
  readonly instance: InstanceTile;
  readonly can: Cloud["can"];
}

function Row({ instance, can }: InstanceOptions) {
  const { id, name, state, ip, zone, scalingGroup, launchTime } = instance;
  return (
    <tr>
      <td>
        <a class="whole mono" data-row href={pathTo("host", { host: id })}>
          {id}
        </a>
        {name !== undefined && <span class="muted small"> {name}</span>}
      </td>
      <td>
        <StateTag state={state} />
      </td>
      <td class="mono small">{ip ?? "–"}</td>
      <td class="soft">{zone ?? "–"}</td>
      <td class="soft">{scalingGroup ?? "–"}</td>
      <td class="num soft">
        <Ago at={launchTime} isShort />
      </td>
      <td class="num">
        <Actions instance={instance} can={can} />
      </td>
    </tr>
  );
}

function Actions({ instance: { id, state }, can }: InstanceOptions) {
  return (
    <span class="act row">
      {state === "stopped" && (
        <ActionButton
          name="start-instance"
          body={{ instanceId: id }}
          can={can["start-instance"]}
          label="Start"
          look="quiet"
          isSmall
          question={`Start ${id}?`}
        />
      )}
      {state === "running" && (
        <ActionButton
          name="stop-instance"
          body={{ instanceId: id }}
          can={can["stop-instance"]}
          label="Stop"
          look="quiet"
          isSmall
          question={`Stop ${id}?`}
        />
      )}
      {state !== "terminated" && (
        <ActionButton
          name="terminate-instance"
          body={{ instanceId: id }}
          can={can["terminate-instance"]}
          label="Terminate"
          look="quiet"
          isSmall
          question={`Terminate ${id}?`}
          typedName={id}
          explanation={<p>Its disk goes with it. This cannot be undone.</p>}
        />
      )}
    </span>
  );
}
