import type { DeploymentHeader, Permitted, Why } from "@sluice/server/console-contract";
import { ActionButton } from "../../../ui/action.tsx";
import { Command } from "../../../ui/copy.tsx";
import { number } from "../../../ui/share-bar.tsx";

interface NextStepsOptions {
  readonly why: Why;
  readonly deployment: DeploymentHeader;
}

/** What to do next: with a button where the server would accept it, and as the command that does the same. */
export function NextSteps({ why, deployment }: NextStepsOptions) {
  const { can, next } = why;
  if (next.length === 0 && Object.keys(can).length === 0) return null;
  return (
    <section class="panel next" aria-labelledby="next">
      <header>
        <h2 id="next">What to do next</h2>
      </header>
      <div class="body stack">
        <Offers why={why} deployment={deployment} />
        <ul class="stack next-list">
          {next.map(({ text, command }) => (
            <li key={command}>
              <p class="small soft any">{text.slice(0, 1).toUpperCase() + text.slice(1)}</p>
              <Command line={command} />
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

/** The buttons for what the server would accept. */
function Offers({ why, deployment }: NextStepsOptions) {
  const { can, deploymentId: id } = why;
  // Those that failed, and those that were not tried any more.
  const lacking = deployment.counts.total - (deployment.counts.Succeeded ?? 0);
  const stopped = why.groups.some(({ event }) => event === "ApplicationStop" || event === "BeforeBlockTraffic");
  return (
    <div class="row">
      {offered(can.retry) && (
        <ActionButton
          name="retry"
          body={{ deploymentId: id }}
          can={can.retry}
          icon="retry"
          look="primary"
          label={lacking === 1 ? "Retry the target that lacks it" : `Retry the ${number(lacking)} targets that lack it`}
          question="Retry the targets that lack the revision?"
        />
      )}
      {offered(can.retry) && stopped && (
        <ActionButton
          name="retry"
          body={{ deploymentId: id, ignoreApplicationStopFailures: true }}
          can={can.retry}
          icon="retry"
          label="Retry, ignoring ApplicationStop"
          question="Retry, whatever the old revision's ApplicationStop does?"
        />
      )}
      {offered(can.rollback) && (
        <ActionButton
          name="rollback"
          body={{ deploymentId: id }}
          can={can.rollback}
          icon="back"
          label="Roll back"
          question="Roll the group back to its last good revision?"
        />
      )}
      {offered(can.redeploy) && (
        <ActionButton
          name="redeploy"
          body={{ deploymentId: id }}
          can={can.redeploy}
          icon="deploy"
          look="quiet"
          label="Deploy again"
          question="Deploy the same revision again, to all targets?"
        />
      )}
    </div>
  );
}

const offered = (can: Permitted | undefined): boolean =>
  can !== undefined && (can.isAllowed || can.because === "right");
