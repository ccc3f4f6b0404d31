import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { workerFamilies } from "./families.js";
import { read } from "./files.js";
import { complaintsAbout, metricsOf } from "./promql.js";

const families = workerFamilies();

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<"summary" | "description" | "runbook", string>>;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly datasource: { uid: string };
  }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly definition: string; readonly datasource: { uid: string } }[];
  };
}

describe("the alert rules", async () => {
  const { groups } = parse(await read("prometheus/alerts.yaml")) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  const operations = await readFile(new URL("../../docs/operations.md", import.meta.url), "utf8");

  it.each(rules)("$alert asks for what workers tell", ({ expr }) => {
    expect(complaintsAbout(expr, families)).toEqual([]);
  });

  it.each(rules)("$alert says what to do next, in words that its labels can fill", ({ expr, labels, annotations }) => {
    const { summary, description, runbook } = annotations;
    expect(["warning", "critical"]).toContain(labels["severity"]);
    expect(description).toMatch(/actor-runtime |curl |redis-cli |rabbitmq-diagnostics /);
    // What the expression is grouped by is what the alert has; without a grouping it has all labels of its metric.
    const [, grouping] = /by \(([^)]*)\)/.exec(expr) ?? [];
    const has = grouping?.split(", ") ?? families.get(metricsOf(expr)[0]!)!.labels;
    const used = [...`${summary} ${description}`.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
    expect(used.filter((label) => !has.includes(label))).toEqual([]);
    expect(runbook).toBe("docs/operations.md#alerts");
  });

  it("have a line each in the guide, and no line is left over", () => {
    const lines = [...operations.matchAll(/^\| `(Actor\w+)` \|/gm)].map(([, name]) => name!);
    expect(lines.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });

  it("are read by Prometheus, which scrapes the ops port of every worker", async () => {
    const config = parse(await read("prometheus/prometheus.yaml")) as {
      rule_files: string[];
      scrape_configs: { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[];
    };
    expect(config.rule_files).toEqual(["alerts.yaml"]);
    const workers = config.scrape_configs.find(({ job_name: name }) => name === "actors")!;
    expect(workers.dns_sd_configs).toMatchObject([{ names: ["worker"], port: 7070 }]);
    expect(rules.find(({ alert }) => alert === "ActorWorkerDown")!.expr).toContain('job="actors"');
  });
});

describe("the dashboard", async () => {
  const { panels, templating } = JSON.parse(await read("grafana/dashboards/actor-runtime.json")) as Dashboard;
  const targets = panels.flatMap(({ title, targets: list = [] }) => list.map((target) => ({ title, ...target })));

  it.each(targets)("$title asks for what workers tell: $expr", ({ expr, legendFormat }) => {
    expect(complaintsAbout(expr, families)).toEqual([]);
    const [, grouping = ""] = /by \(([^)]*)\)/.exec(expr) ?? [];
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
    expect(shown.filter((label) => !grouping.split(", ").includes(label))).toEqual([]);
  });

  it("lets choose among labels that there are", () => {
    for (const { definition } of templating.list) {
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(definition)!;
      expect(complaintsAbout(`sum by (${label}) (${selector})`, families)).toEqual([]);
    }
  });

  it("has panels of one id and one place each", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it("shows every metric there is", () => {
    const shown = new Set(
      targets.flatMap(({ expr }) => metricsOf(expr)).map((name) => name.replace(/_(bucket|sum|count)$/, "")),
    );
    expect([...families.keys()].filter((name) => !shown.has(name))).toEqual([]);
  });

  it("is provisioned, and so is the data source that its panels name", async () => {
    const { datasources } = parse(await read("grafana/provisioning/datasources/prometheus.yaml")) as {
      datasources: { uid: string; url: string }[];
    };
    const uids = [...panels.filter(({ type }) => type !== "row"), ...targets, ...templating.list];
    expect(new Set(uids.map(({ datasource }) => datasource?.uid))).toEqual(new Set(datasources.map(({ uid }) => uid)));
    const { providers } = parse(await read("grafana/provisioning/dashboards/actor-runtime.yaml")) as {
      providers: { options: { path: string } }[];
    };
    const { services } = parse(await read("compose.yaml")) as {
      services: { grafana: { volumes: string[] }; prometheus: { ports: string[] } };
    };
    expect(services.grafana.volumes).toContain(`./grafana/dashboards:${providers[0]!.options.path}:ro`);
    expect(datasources[0]!.url).toBe("http://prometheus:9090");
  });
});
