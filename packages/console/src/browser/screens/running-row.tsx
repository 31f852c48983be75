import type { DeploymentRow } from "@sluice/server/console-contract";
import { tick } from "../live/clock.ts";
import { pathTo } from "../live/router.ts";
import { ShareBar, ShareText } from "../ui/share-bar.tsx";
import { Glyph } from "../ui/status.tsx";
import { agoText, Ago, durationText } from "../ui/time.tsx";

/** A deployment that is under way, in a list: what it is, how far it is, how long it will take. */
export function RunningRow({ row }: { readonly row: DeploymentRow }) {
  return (
    <li class="running">
      <Glyph status={row.waiting?.needsPerson === true ? "Ready" : row.status} size={16} />
      <div class="running-what">
        <a class="whole" data-row href={pathTo("deployment", { id: row.id })}>
          <span class="strong">{row.application}</span> <span class="muted">/</span> {row.group}
        </a>
        <span class="tag mono">{row.revision?.short ?? "no revision"}</span>
        <p class="soft any">{row.waiting?.text ?? row.sentence}</p>
      </div>
      <div class="running-how">
        <ShareBar counts={row.counts} />
        <p class="row small">
          <ShareText counts={row.counts} />
          {row.wave !== undefined && (
            <span class="muted">
              wave {row.wave.current} of {row.wave.of}
            </span>
          )}
          <span class="push muted">
            <Left row={row} />
          </span>
        </p>
      </div>
    </li>
  );
}

/** What is left of it: until when it waits, or when it should have ended. */
function Left({ row }: { readonly row: DeploymentRow }) {
  const now = tick.value;
  if (row.waiting?.until !== undefined) return <>goes on {agoText(row.waiting.until, now)}</>;
  if (row.expectedEnd !== undefined && row.expectedEnd > now)
    return <>about {durationText(row.expectedEnd - now)} left</>;
  return <Ago at={row.startTime ?? row.createTime} isShort />;
}
