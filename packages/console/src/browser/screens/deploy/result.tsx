import type { PlanAnswer } from "@sluice/server/console-contract";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, act, post } from "../../live/api.ts";
import { go, pathTo } from "../../live/router.ts";
import { Command, CopyButton } from "../../ui/copy.tsx";
import { ask } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icons.tsx";
import { plural } from "../../ui/share-bar.tsx";
import { shellWords } from "../../ui/shell-words.ts";
import { type Choice, inputOf } from "./choice.ts";
import { Plan } from "./plan.tsx";

/** After the last change, what would result is asked for after this many milliseconds. */
const pauseMilliseconds = 300;

/** What comes of a choice: the plan for it, the command that does the same, and the button. */
export function Result({
  choice,
  location,
}: {
  readonly choice: Choice;
  readonly location: Readonly<Record<string, unknown>>;
}) {
  const input = inputOf(choice, location);
  const text = JSON.stringify(input);
  const answer = usePlan(input, text);
  const line = shellWords(["aws", "deploy", "create-deployment", "--cli-input-json", text]);
  const count = answer !== undefined && !(answer instanceof ApiError) ? answer.targets.length : undefined;
  const create = () =>
    ask({
      title: `Deploy to ${choice.group}?`,
      content: (
        <p>
          {count === undefined
            ? "The revision goes to all targets of the group."
            : `${plural(count, "target")} ${count === 1 ? "gets" : "get"} the revision.`}
        </p>
      ),
      answer: "Deploy",
      act: async () => {
        const { deploymentId } = await act("create-deployment", input);
        go(deploymentId === undefined ? pathTo("deployments") : pathTo("deployment", { id: deploymentId }));
      },
    });
  return (
    <div class="form-wide stack result">
      <div class="row">
        <button type="button" class="button primary" onClick={create}>
          <Icon name="deploy" size={14} /> Deploy
          {count !== undefined && ` to ${plural(count, "target")}`}
        </button>
        <CopyButton text={addressNow()} what="link to this form" icon="link">
          Copy link
        </CopyButton>
        <CopyButton text={JSON.stringify(input, null, 2)} what="as JSON">
          Copy JSON
        </CopyButton>
      </div>
      <div>
        <h3>The same as a command</h3>
        <Command line={line} />
      </div>
      {answer instanceof ApiError && <Refused error={answer} />}
      {answer !== undefined && !(answer instanceof ApiError) && <Plan plan={answer} />}
    </div>
  );
}

const addressNow = (): string => globalThis.location.href;

/** What would result of a CreateDeployment with this input: asked for again when `text`, which is the input as JSON, has changed. */
function usePlan(input: Readonly<Record<string, unknown>>, text: string): PlanAnswer | ApiError | undefined {
  const plan = useSignal<PlanAnswer | ApiError | undefined>(undefined);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      post<PlanAnswer>("/console/api/plan", { input }, stop.signal).then(
        (answer) => (plan.value = answer),
        (error: unknown) => {
          if (!stop.signal.aborted) plan.value = error instanceof ApiError ? error : undefined;
        },
      );
    }, pauseMilliseconds);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  return plan.value;
}

function Refused({ error }: { readonly error: ApiError }) {
  return error.status === 404 || error.status === 501 ? null : (
    <p class="note wait any" role="status">
      {error.message} <span class="muted">{error.code}</span>
    </p>
  );
}
