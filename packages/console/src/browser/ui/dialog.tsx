import { type Signal, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** What is asked before something is done. */
export interface Question {
  readonly title: string;
  readonly content: ComponentChildren;
  readonly answer: string;
  readonly isDanger?: boolean;
  /** The name that has to be typed, for what cannot be undone. */
  readonly typedName?: string;
  /** Does it; what it throws is shown, and the question stays. */
  readonly act: () => Promise<void>;
}

const asked = signal<Question | undefined>(undefined);

/** Asks, and does it if the answer is yes. */
export function ask(question: Question): void {
  asked.value = question;
}

/** Where questions are asked. The browser keeps the focus inside, and gives it back. */
export function Dialogs() {
  const question = asked.value;
  return question === undefined ? null : <Asking question={question} key={question.title} />;
}

function Asking({ question }: { readonly question: Question }) {
  const box = useRef<HTMLDialogElement>(null);
  const problem = useRef(signal<string | undefined>(undefined)).current;
  const isBusy = useRef(signal(false)).current;
  const typed = useRef(signal("")).current;
  useLayoutEffect(() => box.current?.showModal(), []);
  const isReady = !isBusy.value && (question.typedName === undefined || typed.value === question.typedName);
  const close = () => {
    box.current?.close();
    asked.value = undefined;
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!isReady) return;
    isBusy.value = true;
    problem.value = undefined;
    question
      .act()
      .then(close, (error: unknown) => {
        problem.value = error instanceof Error ? error.message : String(error);
      })
      .finally(() => (isBusy.value = false));
  };
  return (
    <dialog ref={box} aria-labelledby="question" onClose={close}>
      <form class="ask" onSubmit={submit}>
        <h2 id="question">{question.title}</h2>
        <div class="soft stack">{question.content}</div>
        {question.typedName !== undefined && <TypedName name={question.typedName} typed={typed} />}
        {problem.value !== undefined && (
          <p class="is-bad any" role="alert">
            {problem.value}
          </p>
        )}
        <div class="answers">
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button
            type="submit"
            class={`button primary${question.isDanger === true ? " danger" : ""}`}
            aria-disabled={!isReady}
            autofocus={question.typedName === undefined}
          >
            {question.answer}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function TypedName({ name, typed }: { readonly name: string; readonly typed: Signal<string> }) {
  return (
    <label class="field">
      <span>
        Type <code>{name}</code> to go on
      </span>
      <input
        type="text"
        autocomplete="off"
        value={typed.value}
        onInput={(event) => (typed.value = event.currentTarget.value)}
      />
    </label>
  );
}
