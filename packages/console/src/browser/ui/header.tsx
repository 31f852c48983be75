import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { place } from "../live/router.ts";
import { CopyButton } from "./copy.tsx";
import { shellWords } from "./shell-words.ts";

/** The head of a page. */
export interface PageHeaderOptions {
  readonly title: string;
  readonly heading?: ComponentChildren;
  readonly crumbs?: readonly (readonly [text: string, path: string])[];
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
  /** The command that shows or does the same. */
  readonly cli?: readonly string[];
}

let shownPath: string | undefined;

/** The head of a page: where one is, its name, what can be done. A new page's heading gets the focus, so that a screen reader says where one has arrived. */
export function PageHeader({ title, heading, crumbs = [], lead, actions, cli }: PageHeaderOptions) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const { path } = place.peek();
    if (shownPath !== undefined && shownPath !== path && !document.querySelector("dialog[open]")) {
      scrollTo({ top: 0 });
      head.current?.focus({ preventScroll: true });
    }
    shownPath = path;
  }, []);
  useEffect(() => {
    document.title = title === "Now" ? "Sluice" : `${title} · Sluice`;
  }, [title]);
  return (
    <header class="bar">
      <div class="bar-text">
        {crumbs.length > 0 && (
          <nav aria-label="Path">
            <ol class="crumbs">
              {crumbs.map(([text, to]) => (
                <li key={to}>
                  <a href={to}>{text}</a>
                </li>
              ))}
            </ol>
          </nav>
        )}
        <h1 tabIndex={-1} ref={head}>
          {heading ?? title}
        </h1>
        {lead !== undefined && <div class="lead">{lead}</div>}
      </div>
      <div class="bar-actions">
        {actions}
        {cli !== undefined && (
          <CopyButton text={`npx ${shellWords(["sluice", ...cli])}`} what="as CLI" icon="terminal" />
        )}
        <CopyButton text={location.href} what="link" icon="link" />
      </div>
    </header>
  );
}
