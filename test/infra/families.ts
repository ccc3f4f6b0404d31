import { counters, histograms, type Instrument, levels } from "@actor-runtime/core";

/** A metric as Prometheus sees it. */
export interface Family {
  readonly type: "counter" | "histogram" | "gauge";
  readonly labels: readonly string[];
}

export type Families = ReadonlyMap<string, Family>;

const units: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" };

/** What workers tell at `/metrics`, by its name there, with what Prometheus itself adds: `up`, and labels of the target. */
export function workerFamilies(): Families {
  const families = new Map<string, Family>([["up", { type: "gauge", labels: target }]]);
  const add = (instruments: Readonly<Record<string, Instrument>>, type: Family["type"]) => {
    for (const [name, { unit, labels }] of Object.entries(instruments)) {
      const suffix = `${units[unit] ?? ""}${type === "counter" ? "_total" : ""}`;
      families.set(name.replaceAll(".", "_") + suffix, { type, labels: [...labels, ...target] });
    }
  };
  add(counters, "counter");
  add(histograms, "histogram");
  add(levels, "gauge");
  return families;
}

const target = ["job", "instance"];
