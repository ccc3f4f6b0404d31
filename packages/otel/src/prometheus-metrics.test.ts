import { counters, histograms, levels } from "@actor-runtime/core";
import { register } from "prom-client";
import { describe, expect, it } from "vitest";
import { PrometheusMetrics } from "./prometheus-metrics.js";
import { prometheusName } from "./prometheus-name.js";

/** The lines about one metric. */
async function linesOf(prometheus: PrometheusMetrics, metric: string): Promise<readonly string[]> {
  const sections = (await prometheus.text()).split("\n\n").map((section) => section.trimEnd().split("\n"));
  return sections.find(([help]) => help!.startsWith(`# HELP ${metric} `)) ?? [];
}

function recorder() {
  const warnings: string[] = [];
  return { warnings, logger: { warn: (_: object, line: string) => void warnings.push(line) } };
}

describe("Metrics for Prometheus", () => {
  it("P11: writes a counter, bound or not, under one name", async () => {
    const prometheus = new PrometheusMetrics();
    const labels = { type: "Account", handler: "deposit", outcome: "ok" };
    const ok = prometheus.counter("actor.messages", labels);
    ok(1);
    ok(2);
    prometheus.count("actor.messages", 1, { outcome: "ok", handler: "deposit", type: "Account" });
    prometheus.count("actor.messages", 1, { ...labels, outcome: "failed" });
    expect(await linesOf(prometheus, "actor_messages_total")).toEqual([
      `# HELP actor_messages_total ${counters["actor.messages"].help}`,
      "# TYPE actor_messages_total counter",
      'actor_messages_total{type="Account",handler="deposit",outcome="ok"} 4',
      'actor_messages_total{type="Account",handler="deposit",outcome="failed"} 1',
    ]);
  });

  it("P11: writes a histogram with cumulated buckets, sum and count", async () => {
    const prometheus = new PrometheusMetrics();
    const messages = prometheus.histogram("actor.commit.messages", { mailbox: "Account" });
    for (const value of [1, 2, 3, 1_000_000]) messages(value);
    const labels = 'mailbox="Account"';
    expect(await linesOf(prometheus, "actor_commit_messages")).toEqual([
      `# HELP actor_commit_messages ${histograms["actor.commit.messages"].help}`,
      "# TYPE actor_commit_messages histogram",
      ...histograms["actor.commit.messages"].buckets.map(
        (bound) => `actor_commit_messages_bucket{${labels},le="${bound}"} ${bound === 1 ? 1 : bound === 2 ? 2 : 3}`,
      ),
      `actor_commit_messages_bucket{${labels},le="+Inf"} 4`,
      `actor_commit_messages_sum{${labels}} 1000006`,
      `actor_commit_messages_count{${labels}} 4`,
    ]);
  });

  it("P11: reads levels when scraped, adds up what several readers say, and forgets those that stopped", async () => {
    const prometheus = new PrometheusMetrics();
    let bank = 1;
    const stop = prometheus.observe("actor.activations", () => [{ value: 10, labels: { type: "Account" } }]);
    prometheus.observe("actor.activations", () => [
      { value: 5, labels: { type: "Account" } },
      { value: bank, labels: { type: "Bank" } },
    ]);
    const lines = async () => (await linesOf(prometheus, "actor_activations")).slice(1);
    expect(await lines()).toEqual([
      "# TYPE actor_activations gauge",
      'actor_activations{type="Account"} 15',
      'actor_activations{type="Bank"} 1',
    ]);
    bank = 2;
    stop();
    expect(await lines()).toEqual([
      "# TYPE actor_activations gauge",
      'actor_activations{type="Account"} 5',
      'actor_activations{type="Bank"} 2',
    ]);
  });

  it("P11: shows of several times under the same labels the longest, not their sum", async () => {
    const prometheus = new PrometheusMetrics();
    for (const value of [3, 5, 4]) {
      prometheus.observe("actor.mailbox.oldest", () => [{ value, labels: { type: "Account" } }]);
    }
    expect(await prometheus.text()).toContain('actor_mailbox_oldest_seconds{type="Account"} 5\n');
  });

  it("serves the rest when a level cannot be read, and says so once", async () => {
    const { warnings, logger } = recorder();
    const prometheus = new PrometheusMetrics({ logger });
    prometheus.observe("actor.activations", () => {
      throw new Error("closed");
    });
    prometheus.observe("actor.activations", () => [{ value: 1, labels: { type: "Account" } }]);
    await prometheus.text();
    expect(await prometheus.text()).toContain('actor_activations{type="Account"} 1\n');
    expect(warnings).toHaveLength(1);
  });

  it("shows a counter without labels as zero from the beginning", async () => {
    expect(await linesOf(new PrometheusMetrics(), "actor_duplicates_total")).toContain("actor_duplicates_total 0");
  });

  it("escapes quotes, backslashes and line ends in labels", async () => {
    const prometheus = new PrometheusMetrics();
    prometheus.count("actor.dead_letters", 1, { type: 'a"b\\c\nd' });
    expect(await linesOf(prometheus, "actor_dead_letters_total")).toContain(
      'actor_dead_letters_total{type="a\\"b\\\\c\\nd"} 1',
    );
  });

  it("wrote two series of one name where labels differed in halves of characters alone", async () => {
    const prometheus = new PrometheusMetrics();
    for (const type of ["\ud800", "\udc00"]) prometheus.count("actor.dead_letters", 1, { type });
    expect((await linesOf(prometheus, "actor_dead_letters_total")).slice(2)).toEqual([
      'actor_dead_letters_total{type="\ufffd"} 2',
    ]);
  });

  it("P12: counts together what exceeds the bound of label sets, as `other`, and says so once", async () => {
    const { warnings, logger } = recorder();
    const prometheus = new PrometheusMetrics({ maxLabelSets: 2, logger });
    for (const type of ["One", "Two", "Three", "Four", "One"]) prometheus.count("actor.dead_letters", 1, { type });
    expect((await linesOf(prometheus, "actor_dead_letters_total")).slice(2)).toEqual([
      'actor_dead_letters_total{type="One"} 2',
      'actor_dead_letters_total{type="Two"} 1',
      'actor_dead_letters_total{type="other"} 2',
    ]);
    expect(warnings).toHaveLength(1);
  });

  it("never writes a label that the catalogue does not have", async () => {
    const prometheus = new PrometheusMetrics();
    prometheus.count("actor.dead_letters", 1, { type: "Account", key: "alice" });
    expect(await prometheus.text()).not.toContain("alice");
  });

  it("leaves prom-client's global registry alone", () => {
    expect(new PrometheusMetrics().contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  it("names every instrument as Prometheus wants it: base units at the end, `_total` for what only rises, none twice", () => {
    expect(prometheusName("actor.turn.duration", histograms["actor.turn.duration"], "histogram")).toBe(
      "actor_turn_duration_seconds",
    );
    expect(prometheusName("actor.commit.size", histograms["actor.commit.size"], "histogram")).toBe(
      "actor_commit_size_bytes",
    );
    const names = [
      ...Object.entries(counters).map(([name, counter]) => prometheusName(name, counter, "counter")),
      ...Object.entries(histograms).map(([name, histogram]) => prometheusName(name, histogram, "histogram")),
      ...Object.entries(levels).map(([name, level]) => prometheusName(name, level, "gauge")),
    ];
    expect(names).toContain("process_event_loop_delay_seconds");
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });
});
