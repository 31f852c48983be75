import type { DeploymentHeader, Why } from "@sluice/server/console-contract";
import { address } from "../../../live/api.ts";
import { pathTo } from "../../../live/router.ts";
import { useSnapshot } from "../../../live/snapshot.ts";
import { CopyButton } from "../../../ui/copy.tsx";
import { Empty, Shown } from "../../../ui/pictures.tsx";
import { number, plural } from "../../../ui/share-bar.tsx";
import { Changes } from "./changes.tsx";
import { FailureCard } from "./failure-card.tsx";
import { FailureMap } from "./failure-map.tsx";
import { letterOf } from "./letter.ts";
import { NextSteps } from "./next-steps.tsx";
import { reportOf } from "./report.ts";
import { Rule } from "./rule.tsx";

/** Why a deployment failed: the rule that ended it, the failures that are one, what they share, what has changed, what to do. */
export function WhyView({ id, deployment }: { readonly id: string; readonly deployment: DeploymentHeader }) {
  const snapshot = useSnapshot(address("/console/api/deployments/:id/why", { id }), { topics: [`deployment:${id}`] });
  return (
    <Shown of={snapshot} what="the cause">
      {(why) => <Cause why={why} deployment={deployment} />}
    </Shown>
  );
}

function Cause({ why, deployment }: { readonly why: Why; readonly deployment: DeploymentHeader }) {
  const failed = why.groups.reduce((sum, { count }) => sum + count, 0);
  return (
    <div class="why">
      <div class="why-main stack">
        <div class="row">
          <h2>
            {why.groups.length === 0
              ? "No target reported a failure"
              : `${plural(failed, "failure")}, ${plural(why.groups.length, "cause")}`}
          </h2>
          <span class="push">
            <CopyButton text={reportOf(why, deployment)} what="the report (Markdown)">
              Copy report
            </CopyButton>
          </span>
        </div>
        {why.groups.length === 0 && (
          <Empty
            title="Nothing failed on a target"
            text={why.rule?.text ?? deployment.error?.message ?? "What ended the deployment is in its events."}
          />
        )}
        {why.groups.map((group, index) => (
          <FailureCard
            key={group.fingerprint}
            group={group}
            letter={letterOf(index)}
            id={why.deploymentId}
            total={deployment.counts.total}
          />
        ))}
      </div>
      <aside class="why-side stack" aria-label="The rule, what to do, what has changed">
        <NextSteps why={why} deployment={deployment} />
        {why.rule !== undefined && <Rule rule={why.rule} deployment={deployment} />}
        {why.groups.length > 0 && deployment.counts.total > 1 && (
          <FailureMap id={why.deploymentId} groups={why.groups} />
        )}
        <Changes changed={why.changed} lastSuccess={why.lastSuccess} />
        {why.lastSuccess !== undefined && (
          <p class="muted small">
            Last success:{" "}
            <a class="linked mono" href={pathTo("deployment", { id: why.lastSuccess })}>
              {why.lastSuccess}
            </a>
            {deployment.previousRevision !== undefined && <>, revision {deployment.previousRevision.short}</>}
          </p>
        )}
        <p class="sr">{number(failed)} failures in all</p>
      </aside>
    </div>
  );
}
