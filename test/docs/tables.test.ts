import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { attributes, counters, histograms, levels } from "@actor-runtime/core";
import { defaultLimits, defineActor, failureResponse, limitFields } from "@actor-runtime/runtime";
import * as api from "actor-runtime";
import { describe, expect, it } from "vitest";
import { conventionOf, spanNames } from "../otlp/conventions.js";
import type { TraceSpan } from "../otlp/trace-span.js";

const { ActorError, Actor, Handler } = api;
type ActorError = api.ActorError;

/** The rows of a guide's table by their first cell; cells without backquotes. */
async function table(guide: string, header: string): Promise<Map<string, string[]>> {
  const text = await readFile(new URL(`../../docs/${guide}.md`, import.meta.url), "utf8");
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(header)) + 2;
  expect(start, `${guide}.md has no table that begins with ${header}`).toBeGreaterThan(1);
  const rows = lines
    .slice(start, lines.indexOf("", start))
    .map((line) => line.replaceAll("`", "").split("|").slice(1, -1));
  return new Map(rows.map((cells) => cells.map((cell) => cell.trim())).map(([name = "", ...cells]) => [name, cells]));
}

describe("the table of errors in docs/calls.md", () => {
  type ErrorClass = new (...args: unknown[]) => ActorError;
  const classes = Object.entries(api).filter(
    ([name, value]) => name !== "ActorError" && typeof value === "function" && value.prototype instanceof ActorError,
  ) as [string, ErrorClass][];
  /** What a constructor wants beside its message. */
  const further: Record<string, unknown[]> = {
    OverloadedError: ["actor", 100],
    CancelledError: ["none"],
    LockLostError: ["none"],
    TransactionAbortedError: [{ reason: "rejected", transaction: "order:1" }],
    TransactionInDoubtError: ["order:1"],
  };
  const sample = (name: string, type: ErrorClass) =>
    name === "DeadlockError" ? new type(["Account/a"]) : new type("message", ...(further[name] ?? []));

  it("has every class of ours and nothing else", async () => {
    const rows = await table("calls", "| class |");
    expect([...rows.keys()].toSorted()).toEqual(classes.map(([name]) => name).toSorted());
  });

  it.each(classes)("says what %s means to its caller, and its HTTP status", async (name, type) => {
    const error = sample(name, type);
    const [code, effect, retryable, status] = (await table("calls", "| class |")).get(name)!;
    expect(code?.split(" ", 1)).toEqual([error.code]);
    expect(effect?.split(" ", 1)).toEqual([error.effect]);
    expect([retryable, status]).toEqual([error.retryable ? "yes" : "no", String(failureResponse(error).status)]);
  });
});

describe("docs/metrics.md", () => {
  const kinds = { counter: counters, distribution: histograms, level: levels };
  const spelled: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" };

  it.each(Object.entries(kinds))("says of every %s what it is, as the catalogue does", async (kind, instruments) => {
    const rows = await table("metrics", `| ${kind} |`);
    const catalogue = Object.entries(instruments).map(([name, { unit, labels, help }]) => {
      const prometheus = name.replaceAll(".", "_") + (spelled[unit] ?? "") + (kind === "counter" ? "_total" : "");
      return [name, [prometheus, unit, labels.join(", "), help.replaceAll("`", "")]];
    });
    expect(Array.from(rows, ([name, cells]) => [name, cells.slice(0, 4)])).toEqual(catalogue);
  });
});

describe("docs/tracing.md", () => {
  it("names every attribute of spans, and of ours none that there is not", async () => {
    const text = await readFile(new URL("../../docs/tracing.md", import.meta.url), "utf8");
    const named = Array.from(text.matchAll(/`((?:actor|messaging|rpc|error)\.[a-z_.]+)[`=]/g), ([, name = ""]) => name);
    expect(new Set(named)).toEqual(new Set(Object.values(attributes)));
  });

  it("names every span that tests know, with its kind", async () => {
    const rows = await table("tracing", "| span |");
    const documented = Array.from(rows, ([names, [kind]]) => names.split(", ").map((name) => ({ name, kind }))).flat();
    const known = documented.map(({ name }) => ({ name, kind: conventionOf({ name } as TraceSpan)?.kind }));
    expect(documented).toEqual(known);
    expect(documented.map(({ name }) => name.replace(/ Account.*/, "")).toSorted()).toEqual(spanNames.toSorted());
  });
});

it("docs/actors.md names every option of @Actor with its default", async () => {
  class Plain {
    go(): void {}
  }
  Handler()(Plain.prototype, "go", Object.getOwnPropertyDescriptor(Plain.prototype, "go") as never);
  Actor("Plain")(Plain);
  const { mailbox, version, replyRetentionMs, idleAfterMs, whileRetrying, attempts } = defineActor(Plain);
  const rows = await table("actors", "| option |");
  const defaults = Object.fromEntries(Array.from(rows, ([name, [value]]) => [name, value]));
  expect(defaults).toEqual({
    partitions: String(mailbox.partitions),
    mailbox: "the type's name",
    version: String(version),
    migrate: "none",
    replyRetention: `"${replyRetentionMs / 60_000}m"`,
    idleAfter: `"${idleAfterMs / 60_000}m"`,
    whileRetrying: `"${whileRetrying}"`,
    attempts: String(attempts),
  });
});

it("docs/flow-control.md names every limit that can be set, with its default", async () => {
  const rows = await table("flow-control", "| limit |");
  const defaults = Object.fromEntries(Array.from(rows, ([name, [value]]) => [name, value]));
  const spelled = Object.entries(limitFields).map(([name, bound]) => {
    const value = defaultLimits[bound];
    return [name, name.endsWith("Bytes") ? `${value / 1024 ** 2} MiB` : value.toLocaleString("en-US")];
  });
  expect(defaults).toEqual({ ...Object.fromEntries(spelled), concurrency: "1,000; of a type half" });
});

it("docs/operations.md names every setting with its flag, its variable and its default", async () => {
  const entry = createRequire(import.meta.url).resolve("actor-runtime");
  const bin = join(dirname(entry), "../bin/actor-runtime.js");
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "config", "print", "--help"]);
  // Help is wrapped; each option begins on a line of its own, the last one is --help.
  const options = stdout
    .split(/\n {2}(?=-)/)
    .slice(1, -1)
    .map((text) => {
      const line = text.replaceAll(/\s+/g, " ");
      const [, variable] = /env: (\w+)\)/.exec(line)!;
      return { flag: /--[a-z-]+/.exec(line)![0], variable, standard: /\(default: "?([^",)]+)"?, env:/.exec(line)?.[1] };
    });
  const rows = [...(await table("operations", "| setting |")).values()];
  const byName = (a: string | undefined, b: string | undefined) => String(a).localeCompare(String(b));
  expect(rows.map(([flag]) => flag).toSorted(byName)).toEqual(options.map(({ flag }) => flag).toSorted(byName));
  for (const { flag, variable, standard } of options) {
    const row = rows.find(([documented]) => documented === flag);
    expect(row?.[1]).toBe(variable);
    if (standard !== undefined) expect(row?.[2]).toBe(standard);
  }
});
