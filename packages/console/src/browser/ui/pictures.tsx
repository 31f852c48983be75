import type { Answer } from "@sluice/server/console-contract";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { ApiError } from "../live/api.ts";
import type { Snapshot } from "../live/snapshot.ts";
import { Command, CopyButton } from "./copy.tsx";
import { Icon, type IconName } from "./icons.tsx";

/** Waiting shows nothing for this long: most answers are there before. */
const skeletonMilliseconds = 150;

/** Waiting for longer than this is told with its reason. */
const longMilliseconds = 5000;

/** What is shown while something is on its way. */
export function Loading({ what }: { readonly what: string }) {
  const phase = useSignal<"none" | "skeleton" | "long">("none");
  useEffect(() => {
    const timers = [
      setTimeout(() => (phase.value = "skeleton"), skeletonMilliseconds),
      setTimeout(() => (phase.value = "long"), longMilliseconds),
    ];
    return () => timers.forEach(clearTimeout);
  }, []);
  if (phase.value === "none") return <div class="skeleton" aria-hidden="true" />;
  return (
    <div class="skeleton" role="status">
      <span class="sr">Loading {what}</span>
      {phase.value === "long" && (
        <p class="muted">The server has not answered for five seconds. It is asked for {what} still.</p>
      )}
      <i />
      <i />
      <i />
      <i />
      <i />
      <i />
    </div>
  );
}

/** A picture in place of what cannot be shown. */
function Picture({
  icon,
  title,
  children,
  isAlert = false,
}: {
  readonly icon: IconName;
  readonly title: string;
  readonly children: ComponentChildren;
  readonly isAlert?: boolean;
}) {
  return (
    <div class="picture" role={isAlert ? "alert" : undefined}>
      <Icon name={icon} size={28} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Says what would be here, and the command that makes it. */
export function Empty({
  title,
  text,
  command,
}: {
  readonly title: string;
  readonly text?: string;
  readonly command?: string | undefined;
}) {
  return (
    <Picture icon="none" title={title}>
      {text !== undefined && <p>{text}</p>}
      {command !== undefined && <Command line={command} />}
    </Picture>
  );
}

/** Says what went wrong: a missing right, something that is not there, a failure. */
export function Failure({ error, retry }: { readonly error: ApiError; readonly retry?: () => void }) {
  if (error.status === 403)
    return (
      <Picture icon="lock" title="You may not see this" isAlert>
        <p>
          {error.right === undefined ? error.message : "Your policies do not allow "}
          {error.right !== undefined && <code>{error.right}</code>}
        </p>
        <RequestId error={error} />
      </Picture>
    );
  if (error.status === 404)
    return (
      <Picture icon="none" title="There is no such thing" isAlert>
        <p>{error.message}</p>
        <a class="button" href="/">
          Go to what is happening now
        </a>
      </Picture>
    );
  return (
    <Picture
      icon="warning"
      title={error.status === 0 ? "The server did not answer" : "The server could not answer"}
      isAlert
    >
      <p>
        {error.message} {error.status !== 0 && <span class="muted">{error.code}</span>}
      </p>
      {error.status === 0 && <Command line="npx sluice up" />}
      <RequestId error={error} />
      {retry !== undefined && (
        <button type="button" class="button" onClick={retry}>
          <Icon name="retry" size={14} /> Try again
        </button>
      )}
    </Picture>
  );
}

function RequestId({ error }: { readonly error: ApiError }) {
  if (error.requestId === "") return null;
  return (
    <p class="muted small">
      Request <code>{error.requestId}</code> <CopyButton text={error.requestId} what="the request's id" />
    </p>
  );
}

/** Shows a snapshot in the state that it is in. What is known stays when it can be read no more; the bar above says so. */
export function Shown<Result extends Answer>({
  of,
  what,
  children,
}: {
  readonly of: Snapshot<Result>;
  readonly what: string;
  readonly children: (data: Result) => ComponentChildren;
}) {
  const data = of.data.value;
  const error = of.error.value;
  if (error !== undefined && (data === undefined || error.status === 403 || error.status === 404))
    return <Failure error={error} retry={of.reload} />;
  if (data === undefined) return <Loading what={what} />;
  return (
    <>
      {error !== undefined && (
        <p class="stalebar" role="status">
          This could not be read again: {error.message}{" "}
          <button type="button" class="button small" onClick={of.reload}>
            Try again
          </button>
        </p>
      )}
      {children(data)}
    </>
  );
}
