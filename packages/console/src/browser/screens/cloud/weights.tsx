/** Where traffic goes, as one bar with a part for each version or target group. */
export function Weights({ weights }: { readonly weights: Readonly<Record<string, number>> }) {
  const entries = Object.entries(weights).filter(([, weight]) => weight > 0);
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  if (sum === 0) return <p class="muted small">No traffic goes anywhere.</p>;
  const percent = (weight: number) => Math.round((weight / sum) * 1000) / 10;
  return (
    <div
      class="traffic"
      role="img"
      aria-label={entries.map(([name, weight]) => `${name} ${percent(weight)} %`).join(", ")}
    >
      {entries.map(([name, weight], index) => (
        <span key={name} class={index === 0 ? "first-share" : "other-share"} style={{ flexGrow: String(weight) }}>
          <span class="clip">{name}</span> <b>{percent(weight)} %</b>
        </span>
      ))}
    </div>
  );
}
