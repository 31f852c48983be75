import type { Cloud } from "@sluice/server/console-contract";
import { address } from "../../live/api.ts";
import { pathTo } from "../../live/router.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { ActionButton } from "../../ui/action.tsx";
import { PageHeader } from "../../ui/header.tsx";
import { Empty, Shown } from "../../ui/pictures.tsx";
import { Ago } from "../../ui/time.tsx";
import { Balancers, Functions, Groups, Services } from "./parts.tsx";
import { CloudPart, StateTag } from "./part.tsx";

/** The local cloud: what exists, and whether it is well. */
export function CloudPage() {
  const snapshot = useSnapshot(address("/console/api/cloud"), { topics: ["cloud"] });
  return (
    <>
      <PageHeader title="Local cloud" lead="What exists here, and whether it is well." />
      <Shown of={snapshot} what="the local cloud">
        {(cloud) =>
          cloud.where === "aws" ? (
            <Empty
              title="The services are AWS's"
              text="This server deploys to AWS. Its instances, load balancers and functions are shown by AWS's own console."
            />
          ) : (
            <div class="stack wide">
              <Instances cloud={cloud} />
              <div class="cols">
                <Groups cloud={cloud} />
                <Balancers cloud={cloud} />
                <Functions cloud={cloud} />
                <Services cloud={cloud} />
                <Alarms cloud={cloud} />
                <Others cloud={cloud} />
              </div>
            </div>
          )
        }
      </Shown>
    </>
  );
}

function Instances({ cloud: { instances, can } }: { readonly cloud: Cloud }) {
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
              {rows.map(({ id, name, state, ip, zone, scalingGroup, launchTime }) => (
                <tr key={id}>
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
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </CloudPart>
  );
}

function Alarms({ cloud: { alarms, can } }: { readonly cloud: Cloud }) {
  return (
    <CloudPart id="alarms" title="Alarms" part={alarms} empty="No alarms.">
      {(rows) => (
        <ul class="plain">
          {rows.map(({ name, state, reason }) => (
            <li key={name} class="row">
              <StateTag state={state} />
              <span class="any" title={reason}>
                {name}
              </span>
              <span class="push act">
                {state === "ALARM" ? (
                  <ActionButton
                    name="set-alarm"
                    body={{ name, state: "OK", reason: "Set in the console" }}
                    can={can["set-alarm"]}
                    label="Set OK"
                    look="quiet"
                    isSmall
                    question={`Set the alarm ${name} to OK?`}
                  />
                ) : (
                  <ActionButton
                    name="set-alarm"
                    body={{ name, state: "ALARM", reason: "Set in the console" }}
                    can={can["set-alarm"]}
                    label="Set alarm"
                    look="quiet"
                    isSmall
                    question={`Set the alarm ${name} off?`}
                    explanation={<p>Deployments that watch it are stopped.</p>}
                  />
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </CloudPart>
  );
}

function Others({ cloud: { buckets, topics, roles } }: { readonly cloud: Cloud }) {
  return (
    <>
      <CloudPart id="buckets" title="Buckets" part={buckets} empty="No buckets.">
        {(rows) => <Names names={rows.map(({ name }) => name)} />}
      </CloudPart>
      <CloudPart id="topics" title="Topics" part={topics} empty="No topics.">
        {(rows) => <Names names={rows.map(({ arn }) => arn)} />}
      </CloudPart>
      <CloudPart id="roles" title="Roles" part={roles} empty="No roles.">
        {(rows) => <Names names={rows.map(({ name }) => name)} />}
      </CloudPart>
    </>
  );
}

function Names({ names }: { readonly names: readonly string[] }) {
  return (
    <ul class="plain">
      {names.map((name) => (
        <li key={name} class="any small mono">
          {name}
        </li>
      ))}
    </ul>
  );
}
