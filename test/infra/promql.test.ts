import { describe, expect, it } from "vitest";
import { workerFamilies } from "./families.js";
import { complaintsAbout } from "./promql.js";

const families = workerFamilies();

describe("the check of queries", () => {
  it.each([
    "sum by (type) (rate(actor_messages_total[5m]))",
    'rate(actor_messages_total{type=~"$type"}[$__rate_interval]) / on (job) group_left (instance) up',
    "histogram_quantile(0.99, sum by (type, le) (rate(actor_turn_duration_seconds_bucket[5m])))",
    "rate(actor_commit_size_bytes_sum[5m]) / rate(actor_commit_size_bytes_count[5m])",
    "max without (instance) (actor_activations) or vector(0)",
  ])("lets a right one pass: %s", (query) => {
    expect(complaintsAbout(query, families)).toEqual([]);
  });

  it.each([
    ["an unknown metric", "rate(actor_mesages_total[5m])", "actor_mesages_total: no such metric"],
    ["a counter without its suffix", "rate(actor_messages[5m])", "actor_messages: no such metric"],
    [
      "a histogram without its unit",
      "rate(actor_turn_duration_bucket[5m])",
      "actor_turn_duration_bucket: no such metric",
    ],
    ["a histogram as a whole", "actor_turn_duration_seconds", "actor_turn_duration_seconds: no such metric"],
    ["a metric only in a matcher", '{__name__="x"}', '{__name__="x"}: no such metric'],
    ["an unknown label", 'actor_activations{key="alice"}', "key: no label of its metric"],
    ["a label of another metric", 'up + actor_activations{outcome="ok"}', "outcome: no label of its metric"],
    ["an unknown label in a grouping", "sum by (key) (actor_activations)", "key: no such label"],
    ["the rate of a level", "rate(actor_activations[5m])", "rate(actor_activations): it is no counter"],
    ["a missing bracket", "sum(rate(actor_messages_total[5m])", 'does not parse at ""'],
  ])("finds %s", (_, query, complaint) => {
    expect(complaintsAbout(query, families)).toEqual([complaint]);
  });
});
