import type { DeploymentAction, DeploymentAnswer, Permitted } from "@sluice/server/console-contract";
import { ActionButton } from "../../ui/action.tsx";
import type { IconName } from "../../ui/icons.tsx";
import { plural } from "../../ui/share-bar.tsx";
import { toast } from "../../ui/toasts.tsx";

interface Offer {
  readonly name: Exclude<DeploymentAction, "skip-target">;
  readonly label: string;
  readonly icon: IconName;
  readonly look?: "primary" | "danger";
  readonly question: (id: string) => string;
}

/** In the order in which they are offered: what somebody waits for comes first. */
const offers: readonly Offer[] = [
  { name: "continue", label: "Continue", icon: "play", look: "primary", question: (id) => `Let ${id} go on?` },
  { name: "resume", label: "Resume", icon: "play", look: "primary", question: (id) => `Resume ${id}?` },
  { name: "skip-wait", label: "Skip the wait", icon: "skip", question: () => "End the wait, and go on now?" },
  { name: "pause", label: "Pause", icon: "pause", question: (id) => `Pause ${id} before its next wave?` },
  { name: "stop", label: "Stop", icon: "stop", look: "danger", question: (id) => `Stop ${id}?` },
  {
    name: "stop-and-roll-back",
    label: "Stop and roll back",
    icon: "back",
    look: "danger",
    question: (id) => `Stop ${id}, and roll back?`,
  },
  {
    name: "retry",
    label: "Retry",
    icon: "retry",
    look: "primary",
    question: () => "Retry the targets that lack the revision?",
  },
  { name: "rollback", label: "Roll back", icon: "back", question: () => "Roll the group back?" },
  { name: "redeploy", label: "Deploy again", icon: "deploy", question: () => "Deploy the same revision again?" },
];

/** Whether an action is worth a button: one that nobody could take as things are is none; one that this reader may not take says so. */
const isOffered = (can: Permitted | undefined): can is Permitted =>
  can !== undefined && (can.isAllowed || can.because === "right");

/** What can be done with a deployment now. */
export function DeploymentActions({
  answer: { can, deployment },
  reload,
  hides,
}: {
  readonly answer: DeploymentAnswer;
  readonly reload: () => void;
  /** What to do next stands beside the cause: on a wide page it is not offered twice. */
  readonly hides: boolean;
}) {
  const { id, counts } = deployment;
  const left = counts.total - (counts.Succeeded ?? 0) - (counts.Failed ?? 0) - (counts.Skipped ?? 0);
  return (
    <>
      {offers.map(({ name, label, icon, look, question }) => {
        const permitted = can[name];
        if (!isOffered(permitted)) return null;
        const isTwice = hides && nextSteps.has(name);
        const consequence = permitted.isAllowed && permitted.consequence === undefined && name.startsWith("stop") && (
          <p>
            {plural(left, "target")} {left === 1 ? "has" : "have"} not ended yet.
          </p>
        );
        return (
          <span key={name} class={isTwice ? "only-narrow" : ""}>
            <ActionButton
              name={name}
              body={{ deploymentId: id }}
              can={permitted}
              label={label}
              icon={icon}
              {...(look !== undefined && { look })}
              question={question(id)}
              explanation={consequence || undefined}
              {...(endsHere.has(name) && {
                done: () => {
                  toast(`${label}: accepted`);
                  reload();
                },
              })}
            />
          </span>
        );
      })}
    </>
  );
}

/** Actions that the failure page offers beside the cause. */
const nextSteps: ReadonlySet<string> = new Set(["retry", "rollback", "redeploy"]);

/** Actions after which the reader stays with this deployment. */
const endsHere: ReadonlySet<string> = new Set([
  "continue",
  "resume",
  "skip-wait",
  "pause",
  "stop",
  "stop-and-roll-back",
]);
