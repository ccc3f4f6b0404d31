import { ConfigError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { Actor, Every, Handler, Query, State, Transactional } from "./decorators.js";
import { defineActor } from "./define.js";

abstract class Counted {
  @State() protected changes = 0;

  @Handler({ timeout: "2s" }) touch(): string {
    this.changes += 1;
    return "counted";
  }
  @Query() count(): number {
    return this.changes;
  }
}

@Actor("Shelf")
class Shelf extends Counted {
  @State() protected items: string[] = [];
  @State({ name: "owner" }) protected holder = "";
  protected cached = 0;

  override touch(): string {
    return `shelf ${super.touch()}`;
  }
  @Handler() put(item: string): void {
    this.items.push(item);
    this.cached = this.items.length;
  }
  notCallable(): void {}
}

@Actor("Box", {
  mailbox: "Things",
  partitions: 4,
  replyRetention: "1h",
  idleAfter: 500,
  whileRetrying: "pass",
  attempts: 1,
})
class Box extends Counted {
  @Query() override touch(): string {
    return "box";
  }
}

describe("an actor class", () => {
  it("is a type of the name given to @Actor, with the documented defaults", () => {
    expect(defineActor(Shelf)).toMatchObject({
      name: "Shelf",
      type: Shelf,
      mailbox: { name: "Shelf", partitions: 16 },
      version: 1,
      migrate: undefined,
      replyRetentionMs: 120_000,
      idleAfterMs: 600_000,
      whileRetrying: "hold",
      attempts: 5,
    });
  });

  it("takes every option of @Actor, durations in any unit", () => {
    expect(defineActor(Box)).toMatchObject({
      mailbox: { name: "Things", partitions: 4 },
      replyRetentionMs: 3_600_000,
      idleAfterMs: 500,
      whileRetrying: "pass",
      attempts: 1,
    });
  });

  it("offers the methods marked with @Handler and @Query, inherited ones too, and no others", () => {
    const { methods } = defineActor(Shelf);
    expect(Array.from(methods.values(), ({ name, kind, timeoutMs }) => [name, kind, timeoutMs])).toEqual([
      ["touch", "handler", 2_000],
      ["count", "query", 60_000],
      ["put", "handler", 60_000],
    ]);
  });

  it("runs the override of a handler in its place, with the options of the base class", () => {
    const { methods } = defineActor(Shelf);
    expect(methods.get("touch")?.run.call(new Shelf())).toBe("shelf counted");
    expect(methods.get("touch")?.timeoutMs).toBe(2_000);
  });

  it("takes the options of an override that is decorated again", () => {
    expect(defineActor(Box).methods.get("touch")).toMatchObject({ kind: "query", timeoutMs: 60_000 });
  });

  it("stores the fields marked with @State, inherited ones first, under their stored names", () => {
    const definition = defineActor(Shelf);
    expect(definition.stateFields(new Shelf())).toEqual([
      { property: "changes", name: "changes" },
      { property: "items", name: "items" },
      { property: "holder", name: "owner" },
    ]);
  });

  it("shares no list with another class of the same base", () => {
    const box = defineActor(Box);
    expect(box.stateFields(new Box())).toEqual([{ property: "changes", name: "changes" }]);
    expect([...box.methods.keys()]).toEqual(["touch", "count"]);
  });

  it("is left as it is: the decorated class is the class itself", () => {
    expect(new Shelf().constructor).toBe(Shelf);
    expect(Object.keys(Shelf)).toEqual([]);
  });
});

describe("@Actor", () => {
  const decorate = (...args: unknown[]) => {
    class Account {
      @Handler() open(): void {}
    }
    Actor(...(args as Parameters<typeof Actor>))(Account);
    return Account;
  };

  it.each([
    [[], 'give it a name, @Actor("Account")'],
    [[""], 'give it a name, @Actor("Account")'],
    [[Shelf], 'give it a name, @Actor("Account")'],
    [["my account"], '"my account" is no actor type'],
    [["$Account"], 'begins with "$"'],
    [["Account", { mailbox: "a:b" }], 'mailbox: "a:b"'],
    [["Account", { mailbox: "$system" }], 'mailbox: "$system" begins with "$"'],
    [["Account", { partitions: 0 }], "partitions: 0 is not a whole number from 1 to 1024"],
    [["Account", { partitions: 1025 }], "partitions: 1025 is not a whole number from 1 to 1024"],
    [["Account", { partitions: 1.5 }], "partitions: 1.5 is not"],
    [["Account", { version: 0 }], "version: 0 is not a whole number of at least 1"],
    [["Account", { migrate: (old: object) => old }], "migrate never runs at version 1"],
    [["Account", { attempts: 0 }], "attempts: 0 is not"],
    [["Account", { idleAfter: "10 minutes" }], 'idleAfter: "10 minutes" is no duration'],
    [["Account", { idleAfter: "30d" }], 'idleAfter: "30d" must be more than 0 and at most "24d"'],
    [["Account", { replyRetention: 0 }], "replyRetention: 0 must be more than 0"],
    [["Account", { whileRetrying: "skip" }], 'whileRetrying must be "hold" or "pass"'],
    [["Account", { idleTimeout: "5m" }], "unknown option idleTimeout; there are partitions, version"],
  ])("refuses %j and names class, field and fix", (args, message) => {
    expect(() => decorate(...args)).toThrow(ConfigError);
    expect(() => decorate(...args)).toThrow(message);
    expect(() => decorate(...args)).toThrow("@Actor on class Account: ");
  });

  it("takes a version with its migration", () => {
    const migrate = (old: Record<string, unknown>) => old;
    expect(defineActor(decorate("Account", { version: 2, migrate }))).toMatchObject({ version: 2, migrate });
  });
});

describe("@Handler and @Query", () => {
  it("refuse a method marked twice", () => {
    const mark = () => {
      class Twice {
        @Handler() @Query() read(): void {}
      }
      return Twice;
    };
    expect(mark).toThrow("read is decorated twice; keep one @Handler or one @Query");
  });

  it("refuse names that references use themselves", () => {
    class Worth {
      // @ts-expect-error the compiler refuses it too
      @Handler() valueOf(): number {
        return 1;
      }
    }
    Actor("Worth")(Worth);
    expect(() => defineActor(Worth)).toThrow("Worth.valueOf: the name is reserved");
  });

  it("refuse a timeout that is none, by class and method", () => {
    class Slow {
      // @ts-expect-error the compiler refuses it too
      @Handler({ timeout: "soon" }) work(): void {}
    }
    Actor("Slow")(Slow);
    expect(() => defineActor(Slow)).toThrow('Slow.work: timeout: "soon" is no duration');
  });

  it("keep a method callable under a decorator that replaces it", () => {
    const shout = (_target: object, _name: string, descriptor: PropertyDescriptor) => {
      const inner = descriptor.value as () => string;
      descriptor.value = () => inner().toUpperCase();
    };
    class Loud {
      say(): string {
        return "hi";
      }
    }
    const descriptor = Object.getOwnPropertyDescriptor(Loud.prototype, "say") as PropertyDescriptor;
    Handler()(Loud.prototype, "say", descriptor);
    shout(Loud.prototype, "say", descriptor);
    Object.defineProperty(Loud.prototype, "say", descriptor);
    Actor("Loud")(Loud);
    expect(defineActor(Loud).methods.get("say")?.run.call(new Loud())).toBe("HI");
  });
});

describe("@Transactional", () => {
  class Bank {
    @Handler() @Transactional() transfer(): void {}
    @Transactional("create", { timeout: "1m" })
    @Handler({ timeout: "2s" })
    settle(): void {}
    @Handler() pay(): void {}
    @Query() total(): number {
      return 0;
    }
  }
  Actor("Bank")(Bank);
  const transactionsOf = (type: Parameters<typeof defineActor>[0]) =>
    Array.from(defineActor(type).methods.values(), ({ name, transaction }) => [name, transaction]);

  it("stands above or below @Handler; without an option its turns join a transaction or create one of 10 s", () => {
    expect(transactionsOf(Bank)).toEqual([
      ["transfer", { mode: "createOrJoin", timeoutMs: 10_000 }],
      ["settle", { mode: "create", timeoutMs: 60_000 }],
      ["pay", undefined],
      ["total", undefined],
    ]);
    expect(defineActor(Bank).methods.get("settle")?.timeoutMs).toBe(2_000);
  });

  it("is carried by the function itself with TC39 decorators", () => {
    class Till {
      pay(): void {}
    }
    const context = { kind: "method", name: "pay", static: false, private: false } as never;
    const pay = Object.getOwnPropertyDescriptor(Till.prototype, "pay")!.value as () => void;
    Transactional("join")(pay, context);
    Handler()(pay, context);
    Actor("Till")(Till);
    expect(transactionsOf(Till)).toEqual([["pay", { mode: "join", timeoutMs: 10_000 }]]);
    const again = () => Transactional()(pay, context);
    expect(again).toThrow("pay is decorated twice; keep one @Transactional");
  });

  it("counts for an override, alone on it too, until that is marked with @Handler again", () => {
    @Actor("Branch")
    class Branch extends Bank {
      override transfer(): void {}
      @Handler() override settle(): void {}
      @Transactional("suppress") override pay(): void {}
    }
    expect(transactionsOf(Branch)).toEqual([
      ["transfer", { mode: "createOrJoin", timeoutMs: 10_000 }],
      ["settle", undefined],
      ["pay", { mode: "suppress", timeoutMs: 10_000 }],
      ["total", undefined],
    ]);
    expect(defineActor(Bank).methods.get("pay")?.transaction).toBeUndefined();
  });

  it("refuses a mode that is none, a second one, and a place that is none", () => {
    expect(() => Transactional("requiresNew" as never)).toThrow(
      'Transactional: "requiresNew" must be one of create, join, createOrJoin, suppress',
    );
    const twice = () => {
      class Twice {
        @Handler() @Transactional() @Transactional("join") pay(): void {}
      }
      return Twice;
    };
    expect(twice).toThrow("pay is decorated twice; keep one @Transactional");
    const field = Transactional() as unknown as (target: object, name: string) => unknown;
    expect(() => field({}, "x")).toThrow("@Transactional on x: it belongs on a method, not on this field");
  });

  it("refuses queries and methods that nobody can call, when the actor is hosted", () => {
    class Reads {
      @Query() @Transactional() total(): void {}
    }
    Actor("Reads")(Reads);
    expect(() => defineActor(Reads)).toThrow("@Transactional on total: a query changes nothing");
    class Hidden {
      @Transactional() pay(): void {}
    }
    Actor("Hidden")(Hidden);
    expect(() => defineActor(Hidden)).toThrow("@Transactional on pay: mark the method with @Handler(), too");
  });

  it.each([
    ["soon", 'Late.pay: @Transactional timeout: "soon" is no duration'],
    [0, "Late.pay: @Transactional timeout: 0 must be more than 0"],
    ["6m", "Late.pay: @Transactional timeout: 360000 ms is more than 5 min"],
  ])("refuses the time-out %j by class and method", (timeout, message) => {
    class Late {
      @Handler() @Transactional("create", { timeout: timeout as "1s" }) pay(): void {}
    }
    Actor("Late")(Late);
    expect(() => defineActor(Late)).toThrow(message);
  });
});

describe("@Every", () => {
  class Feed {
    @Handler() @Every("1h") refresh(): void {}
    @Every({ cron: "0 9 * * mon-fri", tz: "Europe/Berlin" })
    @Handler()
    report(_to = "all"): void {}
    @Handler() @Transactional() @Every({ every: "1d", missed: "skip" }) tidy(): void {}
    @Handler() pause(): void {}
  }
  Actor("Feed")(Feed);

  it("stands above or below @Handler and gives every actor a reminder named after it", () => {
    expect(defineActor(Feed).every).toEqual([
      { name: "@refresh", handler: "refresh", time: { every: 3_600_000, missed: "once" } },
      {
        name: "@report",
        handler: "report",
        time: { cron: "0 9 * * mon-fri", tz: "Europe/Berlin", missed: "once" },
      },
      { name: "@tidy", handler: "tidy", time: { every: 86_400_000, missed: "skip" } },
    ]);
    expect(defineActor(Shelf).every).toEqual([]);
  });

  it("is carried by the function itself with TC39 decorators", () => {
    class Clock {
      strike(): void {}
    }
    const context = { kind: "method", name: "strike", static: false, private: false } as never;
    const strike = Object.getOwnPropertyDescriptor(Clock.prototype, "strike")!.value as () => void;
    Every("1h")(strike, context);
    Handler()(strike, context);
    Actor("Clock")(Clock);
    expect(defineActor(Clock).every).toMatchObject([{ name: "@strike", time: { every: 3_600_000 } }]);
    expect(() => Every("2h")(strike, context)).toThrow("strike is decorated twice; keep one @Every");
  });

  it("counts for an override, alone on it too, until that is marked with @Handler again", () => {
    @Actor("Blog")
    class Blog extends Feed {
      override refresh(): void {}
      @Handler() override report(): void {}
      @Every("5m") override pause(): void {}
    }
    expect(defineActor(Blog).every.map(({ name }) => name)).toEqual(["@refresh", "@tidy", "@pause"]);
    expect(defineActor(Feed).every.map(({ name }) => name)).toEqual(["@refresh", "@report", "@tidy"]);
  });

  it("refuses a second one, and a place that is none", () => {
    const twice = () => {
      class Twice {
        @Handler() @Every("1h") @Every("2h") tick(): void {}
      }
      return Twice;
    };
    expect(twice).toThrow("tick is decorated twice; keep one @Every");
    const field = Every("1h") as unknown as (target: object, name: string) => unknown;
    expect(() => field({}, "x")).toThrow("@Every on x: it belongs on a method, not on this field");
  });

  it("refuses queries and methods that nobody can call, when the actor is hosted", () => {
    class Reads {
      @Query() @Every("1h") total(): void {}
    }
    Actor("Reads")(Reads);
    expect(() => defineActor(Reads)).toThrow(
      "@Every on total: nobody gets the answer of a query; leave it out, or use @Handler() instead of @Query()",
    );
    class Hidden {
      @Every("1h") tick(): void {}
    }
    Actor("Hidden")(Hidden);
    expect(() => defineActor(Hidden)).toThrow("@Every on tick: mark the method with @Handler(), too");
  });

  it("refuses a handler that needs arguments, or a transaction of its caller", () => {
    class Needs {
      // @ts-expect-error the compiler refuses it too
      @Handler() @Every("1h") tick(to: string): string {
        return to;
      }
    }
    Actor("Needs")(Needs);
    expect(() => defineActor(Needs)).toThrow(
      "Needs.tick: @Every: it is called without arguments, but takes 1; give them defaults",
    );
    class Joins {
      @Handler() @Every("1h") @Transactional("join") tick(): void {}
    }
    Actor("Joins")(Joins);
    expect(() => defineActor(Joins)).toThrow("Joins.tick: @Every: its turns are in nobody's transaction");
  });

  it.each([
    ["soon", 'every: "soon" is no duration'],
    ["999ms", 'every: "999ms" must be at least "1s"'],
    [0, 'every: 0 must be at least "1s"'],
    [undefined, 'undefined is no time; write for example { every: "1h" }'],
    [null, "null is no time"],
    ["0 9 * * mon-fri", 'a cron expression is written { cron: "0 9 * * mon-fri" }'],
    [{ in: "5m" }, "give one of every and cron; what comes only once is set in a handler"],
    [{ at: 0 }, "give one of every and cron; what comes only once is set in a handler"],
    [{ every: "1h", tz: "UTC" }, "unknown field tz"],
    [{ cron: "0 0 30 2 *" }, 'cron: "0 0 30 2 *" names a day that never comes'],
    [{ cron: "0 9 * * *", tz: "Mars" }, 'tz: "Mars" is no time zone'],
  ])("refuses the time %j by class and method", (time, message) => {
    class Late {
      @Handler() @Every(time as "1h") tick(): void {}
    }
    Actor("Late")(Late);
    expect(() => defineActor(Late)).toThrow(ConfigError);
    expect(() => defineActor(Late)).toThrow(`Late.tick: @Every: ${message}`);
  });
});

describe("@State", () => {
  it("refuses two fields of one stored name", () => {
    @Actor("Clash")
    class Clash {
      @State() balance = 0;
      @State({ name: "balance" }) amount = 0;
      @Handler() read(): void {}
    }
    expect(() => defineActor(Clash)).toThrow('class Clash: the fields balance and amount are both stored as "balance"');
  });

  it.each(["", "$version"])("refuses the stored name %j", (name) => {
    expect(() => State({ name })({}, "field")).toThrow(`@State on field: "${name}" is no name for stored state`);
  });
});

/** Misplaced decorators in code that was transpiled without a type check, as each dialect calls them. */
describe("decorators where they do not belong", () => {
  type Loose = (target: unknown, at: unknown, descriptor?: PropertyDescriptor) => unknown;
  const handler = Handler() as Loose;
  const state = State() as Loose;
  const method = { value() {} };
  const standard = (over: object) => ({ kind: "method", name: "x", static: false, private: false, ...over });

  it.each<[string, () => unknown, string]>([
    ["@State on a method", () => state({}, "x", method), "@State on x: it belongs on a field, not on this method"],
    ["@State on a getter", () => state({}, "x", { get: () => 1 }), "not on this accessor"],
    ["@Handler on a field", () => handler({}, "x"), "@Handler on x: it belongs on a method, not on this field"],
    ["@Handler on a static method", () => handler(Shelf, "x", method), "a static method belongs to no actor"],
    ["@Handler on a symbol", () => handler({}, Symbol("x"), method), "a symbol cannot be stored or sent"],
    ["@Handler on a $name", () => handler({}, "$x", method), 'names that begin with "$" are kept for the system'],
    ["TC39 @State on an accessor", () => state({}, standard({ kind: "accessor" })), "not on this accessor"],
    [
      "TC39 @State on a static field",
      () => state(undefined, standard({ kind: "field", static: true })),
      "a static field",
    ],
    [
      "TC39 @State on a #private field",
      () => state(undefined, standard({ kind: "field", name: "#x", private: true })),
      'a #private field cannot be reached from outside; write "private x"',
    ],
    ["TC39 @Handler on a getter", () => handler(() => 1, standard({ kind: "getter" })), "not on this getter"],
    ["TC39 @Handler on a #private method", () => handler(() => 1, standard({ private: true, name: "#x" })), "#private"],
  ])("%s is refused with the fix", (_what, decorate, message) => {
    expect(decorate).toThrow(ConfigError);
    expect(decorate).toThrow(message);
  });
});
