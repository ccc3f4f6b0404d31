import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { constructorParameters } from "./constructor-parameters.js";

class Ledger {
  readonly entries: string[] = [];
}

class Account {
  constructor(
    readonly ledger: Ledger,
    readonly other: Ledger,
  ) {}
}

// What reflect-metadata would hold after a compiler with emitDecoratorMetadata; the runtime itself never loads it.
const metadata = new Map<object, readonly unknown[]>([[Account, [Ledger, Ledger]]]);

describe("constructor parameters", () => {
  beforeAll(() => {
    Object.assign(Reflect, { getOwnMetadata: (_key: string, target: object) => metadata.get(target) });
  });
  afterAll(() => {
    Reflect.deleteProperty(Reflect, "getOwnMetadata");
  });

  it("come from decorator metadata", () => {
    expect(constructorParameters(Account)).toEqual([Ledger, Ledger]);
  });

  it("are those of the base class where a class has no constructor", () => {
    class Savings extends Account {}
    expect(constructorParameters(Savings)).toEqual([Ledger, Ledger]);
  });

  it("are never taken from the base class for a constructor of one's own", () => {
    class Loan extends Account {
      constructor(readonly terms: Ledger) {
        super(terms, terms);
      }
    }
    expect(() => constructorParameters(Loan)).toThrow(
      "class Loan: its constructor wants 1 parameter(s), but there is no",
    );
  });

  it("from the first default on keep their defaults", () => {
    class Bank {
      constructor(
        readonly ledger: Ledger,
        readonly name = "main",
      ) {}
    }
    metadata.set(Bank, [Ledger, String]);
    expect(constructorParameters(Bank)).toEqual([Ledger]);
  });

  it.each([
    ["an interface", Object],
    ["a string", String],
    ["a class from an import cycle", undefined],
  ])("are refused when the metadata tells only of %s", (_what, type) => {
    class Teller {
      constructor(
        readonly ledger: Ledger,
        readonly other: unknown,
      ) {}
    }
    metadata.set(Teller, [Ledger, type]);
    expect(() => constructorParameters(Teller)).toThrow(
      "class Teller: the type of constructor parameter 2 is no class",
    );
  });

  it("may be listed by the class itself, which wins over metadata", () => {
    class Listed {
      static readonly inject = [Account];
      constructor(readonly account: Account) {}
    }
    metadata.set(Listed, [Ledger]);
    expect(constructorParameters(Listed)).toEqual([Account]);
  });
});
