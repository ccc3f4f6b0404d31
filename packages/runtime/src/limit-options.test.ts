import { describe, expect, it } from "vitest";
import { type LimitOptions, limitsOf } from "./limit-options.js";
import { defaultLimits, typeBounds } from "./options.js";

const limits = (options: LimitOptions) => ({ ...defaultLimits, ...limitsOf(options) });

describe("limits that a user sets", () => {
  it("are none by default, and a type may then have half of the worker's turns", () => {
    expect(limitsOf({})).toEqual({});
    expect(typeBounds(limits({}), "Account").maxTurns).toBe(500);
    expect(typeBounds(limits({ concurrency: 1 }), "Account").maxTurns).toBe(1);
  });

  it("take the place of the defaults, those of a type that of the worker's", () => {
    const given = limits({
      concurrency: 2_000,
      waiting: 50,
      storedBytes: "2MiB",
      partitionDelayedBytes: 4_000_000,
      types: { Account: { concurrency: 100, waiting: 5, delayedBytes: "1GiB" } },
    });
    expect(given).toMatchObject({ maxTurns: 2_000, maxWaitingPerActor: 50, maxDelayedBytes: 4_000_000 });
    expect(typeBounds(given, "Account")).toMatchObject({
      maxTurns: 100,
      maxWaitingPerActor: 5,
      maxStoredBytesPerActor: 2 * 1024 ** 2,
      maxDelayedBytesPerActor: 1024 ** 3,
    });
    expect(typeBounds(given, "Bank")).toMatchObject({ maxTurns: 1_000, maxWaitingPerActor: 50 });
  });

  it.each<[unknown, string]>([
    [{ concurency: 1 }, 'limits: there is no limit "concurency"; there are concurrency, waiting,'],
    [{ types: { Account: { activations: 1 } } }, 'limits.types.Account: there is no limit "activations"; there are'],
    [{ concurrency: 0 }, "limits.concurrency: 0 must be a whole number of at least 1"],
    [{ waiting: 1.5 }, "limits.waiting: 1.5 must be a whole number of at least 1"],
    [{ waiting: "10" }, 'limits.waiting: "10" must be a whole number of at least 1'],
    [{ storedBytes: "64MB" }, 'limits.storedBytes: "64MB" must be a number of bytes, or a size like "64MiB"'],
    [
      { outboxBytes: "512KiB" },
      'limits.outboxBytes: "512KiB" must be a number of bytes, or a size like "64MiB", of at least',
    ],
    [{ types: { Account: { delayed: -1 } } }, "limits.types.Account.delayed: -1 must be"],
    [{ types: { Account: 5 } }, "limits.types.Account: 5 must be an object, for example { concurrency: 100 }"],
    [{ types: ["Account"] }, "limits.types: Account must be an object"],
    [{ types: { $Lock: { concurrency: 1 } } }, 'limits.types.$Lock: types that begin with "$" are the system\'s own'],
    [
      { types: { Account: { concurrency: 1_001 } } },
      "limits.types.Account.concurrency: 1001 is more than limits.concurrency, 1000; raise that",
    ],
    [null, "limits: null must be an object"],
  ])("%j is refused with the field and the fix", (options, message) => {
    expect(() => limitsOf(options as LimitOptions)).toThrow(message);
    expect(() => limitsOf(options as LimitOptions)).toThrow(expect.objectContaining({ code: "CONFIG" }));
  });
});
