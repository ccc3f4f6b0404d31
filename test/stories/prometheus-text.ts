/** One line of values: `actor_messages_total{type="Account"} 3`. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples that belong together, with what is said about them. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary" | "untyped";
  readonly samples: readonly Sample[];
}

const nameForm = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const comment = new RegExp(`^# (HELP|TYPE) (${nameForm}) (.+)$`);
const sampleLine = new RegExp(`^(${nameForm})(?:\\{(.*)\\})? (\\S+)$`);
const labelForm = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const types = ["counter", "gauge", "histogram", "summary", "untyped"] as const;
const numberForm = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN)$/i;
/** What the names of a family's samples may add to its own. */
const suffixes: Partial<Record<Family["type"], readonly string[]>> = {
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
};

/**
 * Reads the text format of Prometheus (0.0.4), stricter than Prometheus itself: every family has its HELP and TYPE first, stands
 * in one piece, and repeats no series; buckets of histograms add up.
 *
 * @throws Error that quotes the wrong line
 */
export function parsePrometheus(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families = new Map<string, { name: string; help: string; type?: Family["type"]; samples: Sample[] }>();
  const series = new Set<string>();
  let current: { name: string; help: string; type?: Family["type"]; samples: Sample[] } | undefined;
  for (const line of text.split("\n").slice(0, -1)) {
    if (line === "") continue;
    const [, word, name = "", rest = ""] = comment.exec(line) ?? [];
    if (word === "HELP") {
      if (families.has(name)) throw new Error(`said twice: ${line}`);
      current = { name, help: rest, samples: [] };
      families.set(name, current);
    } else if (word === "TYPE") {
      if (current?.name !== name || current.type) throw new Error(`a TYPE without its HELP: ${line}`);
      const type = types.find((one) => one === rest);
      if (!type) throw new Error(`no type: ${line}`);
      current.type = type;
    } else {
      const sample = sampleOf(line);
      if (!current?.type || !belongs(sample.name, current.name, current.type)) {
        throw new Error(`a sample outside its family: ${line}`);
      }
      const id = line.slice(0, line.lastIndexOf(" "));
      if (series.has(id)) throw new Error(`twice: ${line}`);
      series.add(id);
      current.samples.push(sample);
    }
  }
  for (const family of families.values()) if (family.type === "histogram") checkBuckets(family.name, family.samples);
  return families as ReadonlyMap<string, Family>;
}

function sampleOf(line: string): Sample {
  const [, name = "", labelText, value = ""] = sampleLine.exec(line) ?? [];
  if (name === "" || !numberForm.test(value)) throw new Error(`no sample: ${line}`);
  return { name, labels: labelsOf(labelText ?? "", line), value: Number(value.replace("Inf", "Infinity")) };
}

function labelsOf(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelForm.lastIndex = 0;
  while (labelForm.lastIndex < text.length) {
    const [, name, value] = labelForm.exec(text) ?? [];
    if (name === undefined || name in labels) throw new Error(`wrong labels: ${line}`);
    labels[name] = value!.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
  }
  return labels;
}

function belongs(sample: string, family: string, type: Family["type"]): boolean {
  return (suffixes[type] ?? [""]).some((suffix) => sample === family + suffix);
}

/** Each series of a histogram rises from bucket to bucket, up to `+Inf`, which counts all. */
function checkBuckets(family: string, samples: readonly Sample[]): void {
  const seriesOf = ({ labels: { le: _, ...labels } }: Sample): string => JSON.stringify(labels);
  for (const series of new Set(samples.map(seriesOf))) {
    const own = samples.filter((sample) => seriesOf(sample) === series);
    const buckets = own.filter(({ name }) => name.endsWith("_bucket"));
    const rises = buckets.every(({ value, labels }, at) => {
      const before = buckets[at - 1];
      return !before || (before.value <= value && boundOf(before.labels) < boundOf(labels));
    });
    const count = own.find(({ name }) => name.endsWith("_count"))?.value;
    const last = buckets.at(-1);
    if (!rises || last?.labels["le"] !== "+Inf" || last.value !== count) {
      throw new Error(`the buckets of ${family}${series} do not add up`);
    }
  }
}

function boundOf({ le = "" }: Sample["labels"]): number {
  return Number(le.replace("Inf", "Infinity"));
}
