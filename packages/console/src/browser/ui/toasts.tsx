import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";

const toasts = signal<readonly { readonly id: number; readonly content: ComponentChildren }[]>([]);
let last = 0;

/** How long a message stays, in milliseconds. */
const shownMilliseconds = 6000;

/** Shows a message for a moment. Screen readers say it. */
export function toast(content: ComponentChildren): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.slice(-2), { id, content }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((each) => each.id !== id);
  }, shownMilliseconds);
}

/** Where messages are shown. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, content }) => (
        <div class="toast" key={id}>
          {content}
        </div>
      ))}
    </div>
  );
}
