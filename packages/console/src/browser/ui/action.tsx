import type { ActionAnswer, ActionName, Actions, Permitted } from "@sluice/server/console-contract";
import type { ComponentChildren } from "preact";
import { act } from "../live/api.ts";
import { go, pathTo } from "../live/router.ts";
import { ask } from "./dialog.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { toast } from "./toasts.tsx";

/** A button for something that changes the world. */
export interface ActionButtonOptions<Name extends ActionName> {
  readonly name: Name;
  readonly body: Actions[Name];
  /** Whether it would be accepted. An action without an opinion of the server's is not offered. */
  readonly can: Permitted | undefined;
  readonly label: ComponentChildren;
  /** The question, such as "Stop d-ABC?". */
  readonly question: string;
  readonly explanation?: ComponentChildren;
  readonly icon?: IconName;
  readonly look?: "primary" | "danger" | "quiet" | "plain";
  readonly typedName?: string;
  readonly isSmall?: boolean;
  readonly done?: (answer: ActionAnswer) => void;
}

/** Offers an action where its reason is: it says what would follow, and, if it would be refused, why. */
export function ActionButton<Name extends ActionName>(options: ActionButtonOptions<Name>) {
  const { can, label, icon, look = "plain", isSmall = false } = options;
  if (can === undefined) return null;
  const names = ["button", look === "plain" ? "" : look, isSmall ? "small" : ""].filter((name) => name !== "");
  return (
    <button
      type="button"
      class={names.join(" ")}
      aria-disabled={!can.isAllowed}
      title={can.isAllowed ? can.consequence : can.why}
      onClick={() => begin(options, can)}
    >
      {icon !== undefined && <Icon name={icon} size={14} />}
      {label}
    </button>
  );
}

function begin<Name extends ActionName>(options: ActionButtonOptions<Name>, can: Permitted): void {
  if (!can.isAllowed) return toast(can.why);
  ask({
    title: options.question,
    content: (
      <>
        {can.consequence !== undefined && <p>{can.consequence}</p>}
        {options.explanation}
      </>
    ),
    answer: typeof options.label === "string" ? options.label : "Go on",
    isDanger: options.look === "danger",
    ...(options.typedName !== undefined && { typedName: options.typedName }),
    act: async () => {
      const answer = await act(options.name, options.body);
      if (options.done === undefined) tellDone(options, answer);
      else options.done(answer);
    },
  });
}

function tellDone<Name extends ActionName>(
  { label, body }: ActionButtonOptions<Name>,
  { deploymentId }: ActionAnswer,
): void {
  const touched = "deploymentId" in body ? body.deploymentId : undefined;
  if (deploymentId !== undefined && deploymentId !== touched) return go(pathTo("deployment", { id: deploymentId }));
  toast(<>{label}: accepted</>);
}
