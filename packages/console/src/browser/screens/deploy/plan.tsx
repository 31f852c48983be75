import type { PlanAnswer } from "@sluice/server/console-contract";
import { number, plural } from "../../ui/share-bar.tsx";
import { durationText } from "../../ui/time.tsx";

/** What would happen: waves, what is refused, what the service itself does, and how it would end. */
export function Plan({ plan: { targets, refused, waves, steps, outcome, duration } }: { readonly plan: PlanAnswer }) {
  return (
    <section class="stack" aria-label="What would result">
      <p class="any">
        <span class="strong">{plural(targets.length, "target")}</span> in {plural(waves.length, "wave")}
        {duration !== undefined && <>, about {durationText(duration)}</>}. {outcome.text}
      </p>
      {waves.length > 0 && (
        <ol class="waves" aria-label="Waves">
          {waves.slice(0, 40).map((wave) => (
            <li
              key={wave.number}
              class="wave predicted"
              style={{ flexGrow: String(Math.max(1, wave.targets)) }}
              title={`Wave ${wave.number}: ${number(wave.targets)} targets. ${wave.boundBy ?? ""}`}
            >
              {number(wave.targets)}
            </li>
          ))}
        </ol>
      )}
      {waves[0]?.boundBy !== undefined && <p class="muted small">{waves[0].boundBy}</p>}
      {steps.length > 0 && (
        <ol class="steps">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
      {refused.length > 0 && (
        <div class="note wait">
          <div>
            <p class="strong">{plural(refused.length, "target")} would be refused</p>
            <ul>
              {refused.slice(0, 20).map(({ id, why }) => (
                <li key={id} class="any">
                  <span class="mono">{id}</span>: {why}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </section>
  );
}
