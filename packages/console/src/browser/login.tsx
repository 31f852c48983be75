import { useSignal } from "@preact/signals";
import { ApiError, logIn } from "./live/api.ts";
import { sessionState } from "./live/session.ts";
import { Mark } from "./shell.tsx";
import { Command } from "./ui/copy.tsx";

/** What is shown without a session: how to get one. There is no password, and no account by default. */
export function Login({ problem }: { readonly problem: string | undefined }) {
  const code = useSignal("");
  const refused = useSignal(problem);
  const submit = (event: Event) => {
    event.preventDefault();
    logIn(code.value.trim()).then(
      () => location.reload(),
      (error: unknown) => {
        refused.value = error instanceof ApiError ? error.message : String(error);
      },
    );
  };
  return (
    <main class="login">
      <div class="panel">
        <div class="body stack">
          <Mark size={32} />
          <h1>{sessionState.value === "ended" ? "Your session is over" : "Open the console"}</h1>
          <p class="soft">Run this where Sluice runs. It opens this page with a link that works once, for a minute.</p>
          <Command line="npx sluice console" />
          <details>
            <summary>Type the code instead</summary>
            <form class="row" onSubmit={submit}>
              <input
                type="text"
                aria-label="Code"
                autocomplete="one-time-code"
                spellcheck={false}
                value={code.value}
                onInput={(event) => (code.value = event.currentTarget.value)}
              />
              <button class="button primary">Open</button>
            </form>
          </details>
          {refused.value !== undefined && (
            <p class="is-bad any" role="alert">
              {refused.value}
            </p>
          )}
        </div>
      </div>
    </main>
  );
}
