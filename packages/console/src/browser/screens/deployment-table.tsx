import type { DeploymentRow } from "@sluice/server/console-contract";
import { pathTo } from "../live/router.ts";
import { ShareText } from "../ui/share-bar.tsx";
import { Glyph } from "../ui/status.tsx";
import { statusWord } from "../ui/tone.ts";
import { Ago, Took } from "../ui/time.tsx";

/** Deployments as a table; the newest first. */
export function FinishedTable({ rows }: { readonly rows: readonly DeploymentRow[] }) {
  return (
    <div class="scroll">
      <table class="list deployments">
        <thead>
          <tr>
            <th scope="col">Deployment</th>
            <th scope="col">Revision</th>
            <th scope="col" class="wide-only">
              By
            </th>
            <th scope="col" class="num">
              Targets
            </th>
            <th scope="col" class="num wide-only">
              Took
            </th>
            <th scope="col" class="num">
              When
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Why a deployment failed, in a line: AWS's text for too many failures says nothing of this one. */
function failureText({ error, sentence, counts }: DeploymentRow): string {
  if (error?.code !== "HEALTH_CONSTRAINTS") return error?.message ?? sentence;
  return `${counts.Failed ?? 0} of ${counts.total} targets failed: too few healthy ones were left to go on.`;
}

function Row({ row }: { readonly row: DeploymentRow }) {
  const hasFailed = row.status === "Failed" || row.status === "Stopped";
  return (
    <tr>
      <td>
        <div class="named">
          <Glyph status={row.status} />
          <div class="named-text">
            <a class="whole" data-row href={pathTo("deployment", { id: row.id })}>
              <span class="sr">{statusWord(row.status)}: </span>
              <span class="strong">{row.application}</span> <span class="muted">/</span> {row.group}
            </a>
            {hasFailed && <p class="is-bad small clip-2">{failureText(row)}</p>}
          </div>
        </div>
      </td>
      <td>
        <span class="tag mono" title={row.revision?.text}>
          {row.revision?.short ?? "–"}
        </span>
      </td>
      <td class="soft wide-only clip by">{row.creator}</td>
      <td class="num">
        <ShareText counts={row.counts} />
      </td>
      <td class="num wide-only soft">
        <Took from={row.startTime ?? row.createTime} to={row.completeTime} />
      </td>
      <td class="num soft">
        <Ago at={row.completeTime ?? row.createTime} isShort />
      </td>
    </tr>
  );
}
