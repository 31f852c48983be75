import type { Cloud } from "@sluice/server/console-contract";
import { address } from "../../live/api.ts";
import { useSnapshot } from "../../live/snapshot.ts";
import { ActionButton } from "../../ui/action.tsx";
import { PageHeader } from "../../ui/header.tsx";
import { Empty, Shown } from "../../ui/pictures.tsx";
import { Instances } from "./instances.tsx";
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
