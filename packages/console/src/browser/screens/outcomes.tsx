import type { Now } from "@sluice/server/console-contract";
import { number } from "../ui/share-bar.tsx";
import { clockText } from "../ui/time.tsx";

/** Height of a bar's half, in pixels of its own. */
const half = 22;

/** What the deployments of 24 hours came to: above the line what succeeded, below it what did not. */
export function Outcomes({ hours }: { readonly hours: Now["outcomes"] }) {
  const most = Math.max(1, ...hours.map(({ succeeded, failed, stopped }) => Math.max(succeeded, failed + stopped)));
  const sum = (pick: (hour: Now["outcomes"][number]) => number) => hours.reduce((total, hour) => total + pick(hour), 0);
  const [succeeded, failed, stopped] = [
    sum((hour) => hour.succeeded),
    sum((hour) => hour.failed),
    sum((hour) => hour.stopped),
  ];
  const text = `${number(succeeded)} succeeded, ${number(failed)} failed, ${number(stopped)} stopped`;
  const width = 100 / Math.max(1, hours.length);
  return (
    <div class="outcomes">
      <svg viewBox={`0 0 100 ${half * 2}`} preserveAspectRatio="none" role="img" aria-label={`In 24 hours: ${text}`}>
        <line x1="0" x2="100" y1={half} y2={half} stroke="var(--line-strong)" vector-effect="non-scaling-stroke" />
        {hours.map((hour, index) => {
          const up = (hour.succeeded / most) * (half - 2);
          const down = (hour.failed / most) * (half - 2);
          const stop = (hour.stopped / most) * (half - 2);
          const x = index * width + width * 0.15;
          const title = `${clockText(hour.from)}: ${hour.succeeded} succeeded, ${hour.failed} failed, ${hour.stopped} stopped`;
          return (
            <g key={hour.from}>
              <title>{title}</title>
              <rect x={index * width} y="0" width={width} height={half * 2} fill="transparent" />
              <rect x={x} y={half - up - 1} width={width * 0.7} height={up} fill="var(--ok-cell)" />
              <rect x={x} y={half + 1} width={width * 0.7} height={down} fill="var(--bad-cell)" />
              <rect x={x} y={half + 1 + down} width={width * 0.7} height={stop} fill="var(--wait-cell)" />
            </g>
          );
        })}
      </svg>
      <p class="row small soft">
        <span class="muted">24 h ago</span>
        <span class="push">{text}</span>
        <span class="push muted">now</span>
      </p>
    </div>
  );
}
