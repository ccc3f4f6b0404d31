import { ConfigError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import type { AnyActor } from "./actor-definition.js";
import { Actor, Handler } from "./decorators.js";
import { Registry } from "./registry.js";

class Ledger {
  readonly entries: string[] = [];
}

@Actor("Account")
class Account {
  @Handler() open(): void {}
}

@Actor("Bank", { mailbox: "Account" })
class Bank {
  @Handler() open(): void {}
}

class Savings extends Account {}

@Actor("Account")
class Konto {
  @Handler() open(): void {}
}

@Actor("Mute")
class Mute {
  open(): void {}
}

@Actor("Wants")
class Wants {
  constructor(readonly ledger: Ledger) {}
  @Handler() open(): void {}
}

@Actor("Listed")
class Listed {
  static readonly inject = [Ledger];
  constructor(
    readonly ledger: Ledger,
    readonly other: Ledger,
  ) {}
  @Handler() open(): void {}
}

@Actor("Cycle")
class Cycle {
  static readonly inject = [undefined];
  constructor(readonly ledger: unknown) {}
  @Handler() open(): void {}
}

@Actor("Wide", { mailbox: "Account", partitions: 64 })
class Wide {
  @Handler() open(): void {}
}

describe("the registry", () => {
  it("finds types by name and lists them in order, a class given twice once", () => {
    const registry = Registry.of([Account, Bank, Account]);
    expect(Array.from(registry, ({ name }) => name)).toEqual(["Account", "Bank"]);
    expect(registry.get("Bank")?.type).toBe(Bank);
    expect(registry.get("Savings")).toBeUndefined();
  });

  it.each<[string, unknown[], string]>([
    ["a class that is no actor", [Ledger], 'class Ledger is no actor; decorate it with @Actor("Ledger")'],
    [
      "a subclass of an actor that is none itself",
      [Savings],
      "class Savings is no actor (it extends Account, but a name is not inherited)",
    ],
    [
      "something that is no class",
      [undefined],
      "undefined is no actor class; when it is imported, look for an import cycle",
    ],
    [
      "two classes of one name",
      [Account, Konto],
      'class Account and class Konto are both @Actor("Account"); rename one',
    ],
    ["a class nobody can call", [Mute], "class Mute: nothing can be called; mark at least one method with @Handler()"],
    [
      "a constructor that wants parameters without metadata",
      [Wants],
      "class Wants: its constructor wants 1 parameter(s), but there is no decorator metadata that names them; use a field",
    ],
    [
      "a list of services that is too short",
      [Listed],
      "its constructor wants 2 parameter(s), but static inject lists 1",
    ],
    [
      "a parameter whose class is missing",
      [Cycle],
      "the type of constructor parameter 1 is no class that can be injected",
    ],
    [
      "types that cut their common mailbox differently",
      [Account, Wide],
      'Account and Wide share the mailbox "Account" but ask for 16 and 64 partitions',
    ],
  ])("refuses %s and says the fix", (_what, classes, message) => {
    expect(() => Registry.of(classes as AnyActor[])).toThrow(ConfigError);
    expect(() => Registry.of(classes as AnyActor[])).toThrow(message);
  });
});
