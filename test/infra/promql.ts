import { parser } from "@prometheus-io/lezer-promql";
import type { Families, Family } from "./families.js";

/** Functions that make sense of what only rises. */
const ofCounters = new Set(["rate", "irate", "increase"]);

/**
 * What is wrong with a query: it does not parse, names a metric or label that nobody tells, or takes the rate of what is no
 * counter. Grafana's variables may stand in it.
 */
export function complaintsAbout(query: string, families: Families): string[] {
  const expr = query.replaceAll(/\$__(?:rate_)?interval|\$__range/g, "5m");
  const complaints: string[] = [];
  const known = new Set<string>();
  const grouped: string[] = [];
  let matched: Family | undefined;
  parser.parse(expr).iterate({
    enter(node) {
      const text = expr.slice(node.from, node.to);
      if (node.type.isError) complaints.push(`does not parse at "${expr.slice(node.from)}"`);
      if (node.name === "VectorSelector") {
        const name = /^[\w:]*/.exec(text)![0];
        matched = familyOf(name, families);
        if (!matched) complaints.push(`${name || text}: no such metric`);
        for (const label of matched?.labels ?? []) known.add(label);
        const around = expr.slice(0, node.from).match(/(\w+)\($/)?.[1];
        if (matched && around !== undefined && ofCounters.has(around) && matched.type !== "counter") {
          complaints.push(`${around}(${name}): it is no counter`);
        }
      }
      if (node.name === "LabelName") {
        const isMatcher = node.node.parent?.name === "UnquotedLabelMatcher";
        if (!isMatcher) grouped.push(text);
        else if (matched && !matched.labels.includes(text)) complaints.push(`${text}: no label of its metric`);
      }
    },
  });
  return [...complaints, ...grouped.filter((label) => !known.has(label)).map((label) => `${label}: no such label`)];
}

/** The metrics of a query, as they are called in it. */
export function metricsOf(query: string): string[] {
  const names: string[] = [];
  parser.parse(query).iterate({
    enter(node) {
      if (node.name === "Identifier" && node.node.parent?.name === "VectorSelector") {
        names.push(query.slice(node.from, node.to));
      }
    },
  });
  return names;
}

/** A histogram is told as three series, all of which only rise. */
function familyOf(name: string, families: Families): Family | undefined {
  const [, histogram = "", part] = /^(.*)_(bucket|sum|count)$/.exec(name) ?? [];
  const whole = families.get(histogram);
  if (whole?.type === "histogram") {
    return { type: "counter", labels: part === "bucket" ? [...whole.labels, "le"] : whole.labels };
  }
  const family = families.get(name);
  return family?.type === "histogram" ? undefined : family;
}
