import type { Difference } from "@sluice/server/console-contract";
import { Icon } from "../../../ui/icons.tsx";
import { pathTo } from "../../../live/router.ts";

const names: Readonly<Record<Difference["what"], string>> = {
  revision: "Revision",
  file: "Files",
  script: "Scripts",
  configuration: "Configuration",
  group: "Group settings",
};

/** What is not as it was when the group last succeeded. */
export function Changes({
  changed,
  lastSuccess,
}: {
  readonly changed: readonly Difference[];
  readonly lastSuccess: string | undefined;
}) {
  return (
    <section class="panel" aria-labelledby="changed">
      <header>
        <h2 id="changed">Changed since the last success</h2>
        {lastSuccess !== undefined && (
          <a class="push linked mono small" href={pathTo("deployment", { id: lastSuccess })}>
            {lastSuccess}
          </a>
        )}
      </header>
      {changed.length === 0 ? (
        <p class="quietline">
          {lastSuccess === undefined
            ? "This group has never succeeded: there is nothing to compare with."
            : "Nothing that Sluice knows of has changed: revision, configuration and group are the same."}
        </p>
      ) : (
        <ul class="changes">
          {changed.map((difference) => (
            <li key={`${difference.what} ${difference.name}`}>
              <span class="muted small">{names[difference.what]}</span>
              <div class="any">
                <span class="mono strong">{difference.name}</span>
                {(difference.before !== undefined || difference.after !== undefined) && (
                  <p class="change">
                    <del>{difference.before ?? "none"}</del>
                    <Icon name="chevron" size={12} />
                    <ins>{difference.after ?? "none"}</ins>
                  </p>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
