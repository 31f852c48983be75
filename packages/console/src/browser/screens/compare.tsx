import type { WhereCell } from "@sluice/server/console-contract";
import { pathTo } from "../live/router.ts";
import { Ago } from "../ui/time.tsx";

/** Two groups beside each other: what is not the same stands out. */
export function Comparison({ cells, close }: { readonly cells: readonly WhereCell[]; readonly close: () => void }) {
  const [left, right] = cells;
  if (left === undefined || right === undefined) return null;
  const facts: readonly (readonly [string, (cell: WhereCell) => string])[] = [
    ["Revision", ({ shares, target }) => shares[0]?.revision.text ?? target?.text ?? "none"],
    ["Versions", ({ shares }) => String(shares.length)],
    ["Targets", ({ targets }) => String(targets)],
    ["Outdated", ({ outdated }) => String(outdated)],
    ["Platform", ({ platform }) => platform],
    ["Because of", ({ because }) => because?.text ?? "–"],
  ];
  return (
    <section class="panel" aria-labelledby="compared">
      <header>
        <h2 id="compared">Compared</h2>
        <button type="button" class="button quiet small push" onClick={close}>
          Close
        </button>
      </header>
      <div class="scroll">
        <table class="list">
          <thead>
            <tr>
              <th />
              {[left, right].map(({ application, group }) => (
                <th scope="col" key={`${application} ${group}`}>
                  <a href={pathTo("group", { application, group })}>
                    {application} / {group}
                  </a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {facts.map(([name, text]) => (
              <Fact key={name} name={name} left={text(left)} right={text(right)} />
            ))}
            <tr>
              <th scope="row" class="soft">
                Since
              </th>
              {[left, right].map(({ application, group, since }) => (
                <td key={`${application} ${group}`}>
                  <Ago at={since} />
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Fact({ name, left, right }: { readonly name: string; readonly left: string; readonly right: string }) {
  const isSame = left === right;
  return (
    <tr>
      <th scope="row" class="soft">
        {name}
        {!isSame && <span class="tag wait">differs</span>}
      </th>
      <td class={isSame ? "muted any" : "any strong"}>{left}</td>
      <td class={isSame ? "muted any" : "any strong"}>{right}</td>
    </tr>
  );
}
