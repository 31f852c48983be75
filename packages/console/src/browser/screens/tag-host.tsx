import type { Permitted } from "@sluice/server/console-contract";
import { type Signal, signal } from "@preact/signals";
import { act } from "../live/api.ts";
import { ask } from "../ui/dialog.tsx";
import { toast } from "../ui/toasts.tsx";

/** Offers to tag a host: groups select hosts by their tags. */
export function TagButton({ host, can }: { readonly host: string; readonly can: Permitted | undefined }) {
  if (can === undefined) return null;
  const begin = () => {
    if (!can.isAllowed) return toast(can.why);
    const key = signal("");
    const value = signal("");
    ask({
      title: `Tag ${host}`,
      content: (
        <>
          <Input label="Key" of={key} />
          <Input label="Value" of={value} />
          <p class="muted small">
            Deployment groups that select this tag deploy to this host from their next deployment on.
          </p>
        </>
      ),
      answer: "Add the tag",
      act: async () => {
        await act("tag-host", { host, key: key.value, value: value.value });
        toast(`${host} has the tag`);
      },
    });
  };
  return (
    <button type="button" class="button" aria-disabled={!can.isAllowed} onClick={begin}>
      Add a tag
    </button>
  );
}

function Input({ label, of }: { readonly label: string; readonly of: Signal<string> }) {
  return (
    <label class="field">
      {label}
      <input
        type="text"
        autocomplete="off"
        value={of.value}
        onInput={(event) => (of.value = event.currentTarget.value)}
      />
    </label>
  );
}
