import type { ViewMember } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { clusterChecks } from "./cluster.js";

function member(id: string, changes: Partial<ViewMember> = {}): ViewMember {
  return { id, incarnation: id, types: ["Account"], weight: 1, build: "", state: "ready", joinedAt: 0, ...changes };
}

function checksOf(...members: readonly ViewMember[]) {
  const mailbox = { name: "Account", generation: 1, partitions: 16 };
  return clusterChecks({
    view: { version: 1, members },
    mailboxes: [{ mailbox, types: ["Account"], placement: undefined, holders: [] }],
    pools: [],
    paused: [],
  });
}

describe("doctor on the workers", () => {
  it("counts those alive", () => {
    expect(checksOf(member("w1"), member("w2"))).toEqual([{ name: "workers", status: "ok", finding: "2 alive" }]);
  });

  it("warns of each type that nobody hosts, with the fix", () => {
    expect(checksOf(member("w1", { types: ["Note"] }))).toContainEqual({
      name: "types",
      status: "warn",
      finding: "Account: nobody hosts it; its messages wait",
      fix: "start a worker that hosts it",
    });
  });

  it("warns of types that share a mailbox but not their workers", () => {
    const view = { version: 1, members: [member("w1", { types: ["Order"] }), member("w2", { types: ["Invoice"] })] };
    const mailbox = { name: "orders", generation: 1, partitions: 2 };
    const placement = { version: 1, view: 1, owners: ["w1", "w2"], since: [1, 1] };
    const types = ["Invoice", "Order"];
    expect(
      clusterChecks({ view, mailboxes: [{ mailbox, types, placement, holders: [] }], pools: [], paused: [] }),
    ).toContainEqual({
      name: "types",
      status: "warn",
      finding:
        'Invoice: its messages wait in partitions of its mailbox "orders" that belong to w1, where it is not hosted',
      fix: "let the same workers host all types of a mailbox",
    });
  });

  it("notes that several builds run, and how many workers have each", () => {
    const checks = checksOf(member("w1", { build: "a" }), member("w2", { build: "b" }), member("w3", { build: "b" }));
    expect(checks).toEqual([{ name: "workers", status: "ok", finding: "3 alive, of 2 builds: a on 1, b on 2" }]);
  });

  it("warns of a worker without its broker", () => {
    expect(checksOf(member("w1"), member("w2", { state: "unable" }))).toContainEqual(
      expect.objectContaining({ name: "workers", status: "warn", finding: expect.stringContaining("w2") }),
    );
  });
});
