import type { DeploymentHeader, Why } from "@sluice/server/console-contract";
import { number } from "../../../ui/share-bar.tsx";

/** The rule that ended the deployment, with its numbers. */
export function Rule({
  rule,
  deployment,
}: {
  readonly rule: NonNullable<Why["rule"]>;
  readonly deployment: DeploymentHeader;
}) {
  const numbers = Object.entries(rule.numbers);
  const minimum = deployment.minimumHealthy;
  const total = deployment.counts.total;
  return (
    <section class="panel" aria-labelledby="rule">
      <header>
        <h2 id="rule">The rule that ended it</h2>
      </header>
      <div class="body stack">
        <p class="any">
          <span class="strong">{rule.name}.</span> {rule.text}
        </p>
        {minimum !== undefined && total > 0 && (
          <div
            class="budget"
            role="img"
            aria-label={`${number(minimum.healthyNow)} of ${number(total)} healthy; at least ${number(minimum.hosts)} have to be`}
          >
            <div class="sharewrap">
              <div class="sharebar">
                <i class="ok" style={{ flex: `${minimum.healthyNow} 0 0` }} />
                <i class="bad" style={{ flex: `${Math.max(0, total - minimum.healthyNow)} 0 0` }} />
              </div>
              <b class="sharemark" style={{ insetInlineStart: `${Math.min(1, minimum.hosts / total) * 100}%` }} />
            </div>
            <p class="row small">
              <span>{number(minimum.healthyNow)} healthy</span>
              <span class="push muted">at least {number(minimum.hosts)} have to be</span>
            </p>
          </div>
        )}
        {numbers.length > 0 && (
          <dl class="numbers">
            {numbers.map(([name, value]) => (
              <div key={name}>
                <dt>{words(name)}</dt>
                <dd>{number(value)}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </section>
  );
}

/** A member's name as words: `failuresAllowed` as `failures allowed`. */
const words = (name: string): string => name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
