import assert from "node:assert/strict";

/** One value of a metric, with its labels. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

/** Reads Prometheus' text format as strictly as Prometheus does. Throws at what is not of that form. */
export function readPrometheusText(text: string): readonly Sample[] {
  assert(text.endsWith("\n"), "the last line ends");
  const types = new Map<string, string>();
  return text.split("\n").flatMap((row): readonly Sample[] => {
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(row);
    if (type !== null) types.set(type[1] ?? "", type[2] ?? "");
    if (row === "" || row.startsWith("# ")) return [];
    const [, name = "", labels = "", value = ""] = line.exec(row) ?? [];
    assert(name !== "", `not a sample: ${row}`);
    assert(types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, "")), `without a type: ${row}`);
    const number = value === "+Inf" ? Infinity : Number(value);
    assert(!Number.isNaN(number) || value === "NaN" || value === "Nan", `not a number: ${row}`);
    return [{ name, labels: readLabels(labels), value: number }];
  });
}

function readLabels(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const [, name = "", value = ""] = label.exec(text) ?? assert.fail(`not labels: ${text}`);
    found[name] = value;
  }
  return found;
}

/** Returns the sum of a metric's samples that have these labels; undefined when there is none. */
export function valueOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const wanted = Object.entries(labels);
  const found = samples.filter(
    (sample) => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}
