import type { WhereCell } from "@sluice/server/console-contract";
import { pathTo } from "../live/router.ts";
import { number } from "../ui/share-bar.tsx";
import { Glyph } from "../ui/status.tsx";
import { Ago } from "../ui/time.tsx";

/** Deployment groups with what runs on them. */
export function GroupTable({ cells }: { readonly cells: readonly WhereCell[] }) {
  return (
    <div class="scroll">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Revision</th>
            <th scope="col" class="num">
              Targets
            </th>
            <th scope="col">Because of</th>
            <th scope="col" class="num">
              Since
            </th>
          </tr>
        </thead>
        <tbody>
          {cells.map(
            ({ application, group, shares, target, targets, outdated, because, since, running, lastOutcome }) => (
              <tr key={group}>
                <td>
                  <span class="glyph">
                    <Glyph status={running?.status ?? lastOutcome ?? "Pending"} />
                    <a class="whole strong" data-row href={pathTo("group", { application, group })}>
                      {group}
                    </a>
                  </span>
                </td>
                <td>
                  <span class="tag mono">{(shares[0]?.revision ?? target)?.short ?? "never deployed"}</span>
                  {shares.length > 1 && <span class="tag wait">{shares.length} versions</span>}
                </td>
                <td class="num">
                  {number(targets)}
                  {outdated > 0 && <span class="is-wait"> {number(outdated)} outdated</span>}
                </td>
                <td class="soft any">{because?.text ?? "–"}</td>
                <td class="num soft">
                  <Ago at={since} isShort />
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}
