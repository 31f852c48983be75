import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons.tsx";
import { toast } from "./toasts.tsx";

/** Copies a text, and says so. Where the browser lets no page write to the clipboard (plain HTTP on a network's name), it says that. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied ${what}`);
  } catch {
    toast(`This browser lets no page copy here. ${what}: ${text}`);
  }
}

/** A button that copies. */
export function CopyButton({
  text,
  what,
  icon = "copy",
  children,
}: {
  readonly text: string;
  readonly what: string;
  readonly icon?: IconName;
  readonly children?: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="button quiet small"
      onClick={() => void copyText(text, what)}
      aria-label={children === undefined ? `Copy ${what}` : undefined}
      title={`Copy ${what}`}
    >
      <Icon name={icon} size={14} />
      {children}
    </button>
  );
}

/** A command line to copy. */
export function Command({ line }: { readonly line: string }) {
  return (
    <span class="command">
      <code tabIndex={0}>{line}</code>
      <CopyButton text={line} what="the command" />
    </span>
  );
}
