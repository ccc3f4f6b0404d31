import { FatalMessageError, RejectedError } from "@actor-runtime/core";
import { Actor, ActorContext, Handler, inject, type LocalSystem, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { collect, Gate, Rig, type Watched, watch } from "./support.js";

let rig: Rig;
let client: LocalSystem;
let gate: Gate;
/** The process that runs now, and how many died. */
let worker: LocalSystem;
let process = "";
let deaths = 0;
let alive = false;

/** The process is gone from here on: nothing it does reaches anybody. */
function die(): Promise<never> {
  deaths++;
  alive = false;
  rig.world.disconnect(process);
  return new Promise(() => {});
}

/** Every actor of it lives in one partition. */
@Actor("One", { partitions: 1, attempts: 3 })
class One {
  private readonly self = inject(ActorContext);
  @State() private readonly seen: unknown[] = [];

  @Handler() note(value: unknown): number {
    this.seen.push(value);
    return this.seen.length;
  }
  @Handler() async slowly(value: unknown): Promise<number> {
    await gate.pass();
    this.seen.push(value);
    return this.seen.length;
  }
  @Handler() kill(): Promise<never> {
    return die();
  }
  @Handler() killLater(): Promise<void> {
    if (this.self.attempt === 1) throw new Error("the first time it only fails");
    return die();
  }
  @Handler() remind(handler: string): void {
    this.self.reminders.set("deadly", { every: "1h" }, handler);
  }
  @Handler() refuse(): void {
    throw new RejectedError("no");
  }
  @Handler({ timeout: "5s" }) async never(): Promise<void> {
    await new Promise(() => {});
  }
  @Query() list(): unknown[] {
    return this.seen;
  }
  @Query() async look(): Promise<number> {
    await gate.pass();
    return this.seen.length;
  }
  @Query() killLooking(): Promise<never> {
    return die();
  }
}

/** Whoever wakes it kills its worker. */
@Actor("Poisoned", { partitions: 1, mailbox: "One" })
class Poisoned {
  onActivate(): Promise<never> {
    return die();
  }
  @Handler() note(): void {}
}

let spoiled = false;

/** Whoever wakes it kills its worker, from some time on. */
@Actor("Spoiling", { partitions: 1, mailbox: "One" })
class Spoiling {
  private readonly self = inject(ActorContext);
  onActivate(): Promise<never> | undefined {
    return spoiled ? die() : undefined;
  }
  @Handler() note(): void {}
  @Handler() remind(): void {
    this.self.reminders.set("deadly", { in: "1m" }, "note");
    this.self.deactivate();
  }
}

const shortly = { firstMs: 10, maxMs: 10 };
const one = (key: string) => client.ref(One, key);

/** A new process, once the lease of the one before has run out. */
async function boot(retry = shortly): Promise<void> {
  process = `worker-${deaths}-${rig.clock.monotonic()}`;
  alive = true;
  worker = await rig.host([One, Poisoned, Spoiling], { process, limits: { leaseMs: 1_000, retry } });
  await rig.advance(3_000);
}

/** Lets things happen, and processes come and die until one lives. */
async function bootUntilAlive(): Promise<void> {
  await rig.settle();
  for (let i = 0; !alive; i++) {
    if (i === 20) throw new Error(`still dying after ${i} processes`);
    await boot();
  }
}

function content() {
  return rig.world.store.snapshot().partitions.get("One:g1:00")!;
}

function marks(): { crashes: number; alone: number; by?: string; solo?: boolean }[] {
  return [...content().marks.values()].map((text) => JSON.parse(text));
}

async function deadOnes(): Promise<string[]> {
  return [...new Set((await rig.deadLetters("One")).map(({ address }) => address))].sort();
}

beforeEach(async () => {
  rig = new Rig();
  gate = new Gate();
  deaths = 0;
  spoiled = false;
  client = await rig.host([], { process: "client" });
  await boot();
});

describe("a message that kills its worker", () => {
  it("is marked when it is delivered again, then runs alone, then is one dead letter, and nobody dies any more", async () => {
    await one("poison").tell.kill();
    await rig.settle();
    expect(deaths).toBe(1);
    expect(marks()).toEqual([]);
    await boot();
    expect(deaths).toBe(2);
    expect(marks()).toMatchObject([{ crashes: 0, alone: 0, by: expect.any(String), solo: false }]);
    await boot();
    expect(deaths).toBe(3);
    expect(marks()).toMatchObject([{ crashes: 1, alone: 0, solo: true }]);
    await boot();
    expect(deaths).toBe(4);
    expect(marks()).toMatchObject([{ crashes: 2, alone: 1, solo: true }]);
    await boot();
    expect(deaths).toBe(4);
    expect(marks()).toEqual([]);
    expect(await rig.deadLetters("One")).toMatchObject([
      { address: "One/poison", handler: "kill", cause: { class: "FatalMessageError", code: "FATAL_MESSAGE" } },
    ]);
    expect(await one("poison").note("alive")).toBe(1);
  });

  it("is answered with FatalMessageError when it was asked", async () => {
    const asked = watch(one("poison").with({ timeout: "60s" }).kill());
    await rig.settle();
    await bootUntilAlive();
    expect(deaths).toBe(4);
    expect(asked.error).toBeInstanceOf(FatalMessageError);
    expect(asked.error).toMatchObject({ effect: "none", retryable: false });
    expect(await deadOnes()).toEqual([]);
  });

  it("is answered with it when it was a query, too", async () => {
    const asked = watch(one("poison").with({ timeout: "60s" }).killLooking());
    await rig.settle();
    await bootUntilAlive();
    expect(asked.error).toBeInstanceOf(FatalMessageError);
    expect(marks()).toEqual([]);
  });

  it("is found when it was stored for its next attempt", async () => {
    await one("poison").tell.killLater();
    await rig.advance(100);
    expect(deaths).toBe(1);
    await bootUntilAlive();
    expect(await rig.deadLetters("One")).toMatchObject([{ attempts: 2, cause: { code: "FATAL_MESSAGE" } }]);
    expect(content().stored.size).toBe(0);
  });

  it("is not marked before its next attempt is due, so that it holds up no other suspect", async () => {
    void die();
    await boot({ firstMs: 400_000, maxMs: 400_000 });
    await one("poison").tell.killLater();
    await one("a").tell.slowly("a");
    await rig.settle();
    for (let i = 0; i < 2; i++) {
      void die();
      await boot();
    }
    expect(marks()).toHaveLength(1);
  });

  it("is found when the worker dies while it wakes its actor, which is not woken for nobody then", async () => {
    await client.ref(Poisoned, "p").tell.note();
    await bootUntilAlive();
    expect(deaths).toBe(4);
    expect(await rig.deadLetters("Poisoned")).toMatchObject([{ cause: { code: "FATAL_MESSAGE" } }]);
    expect(worker.describe().types.find(({ name }) => name === "Poisoned")?.activations).toBe(0);
    expect(await one("other").note("alive")).toBe(1);
  });

  it("P1: is no dead letter when it was done before under its key, though its actor cannot be woken to say so", async () => {
    const note = () => client.ref(Spoiling, "s").with({ idempotencyKey: "k" }).tell.note();
    await note();
    await rig.settle();
    await worker.crash("Spoiling/s");
    await rig.advance(3_000);
    spoiled = true;
    await note();
    await bootUntilAlive();
    expect(deaths).toBe(4);
    await rig.advance(3_000);
    expect(await rig.deadLetters("Spoiling")).toEqual([]);
    expect(marks()).toEqual([]);
  });

  it("is found when it was delayed", async () => {
    await one("poison").with({ delay: "1s" }).tell.kill();
    await rig.advance(1_100);
    expect(deaths).toBe(1);
    await bootUntilAlive();
    expect(await deadOnes()).toEqual(["One/poison"]);
    expect(content().reminders.size).toBe(0);
  });

  it("lets what waits behind it run in order when it is dead", async () => {
    await one("poison").tell.note(0);
    await one("poison").tell.kill();
    for (let i = 1; i <= 200; i++) await one("poison").tell.note(i);
    await bootUntilAlive();
    expect(deaths).toBe(4);
    expect(await one("poison").list()).toEqual(Array.from({ length: 201 }, (_, i) => i));
    expect(marks()).toEqual([]);
  });

  it("is one of several: each is found, and each is one dead letter", async () => {
    for (const key of ["p1", "p2", "p3"]) await one(key).tell.kill();
    await bootUntilAlive();
    expect(await deadOnes()).toEqual(["One/p1", "One/p2", "One/p3"]);
    expect(deaths).toBeLessThanOrEqual(12);
  });

  it("is gone when an operator erases its actor, and does not keep other suspects waiting", async () => {
    for (const key of ["a", "b"]) await one(key).tell.slowly(key);
    await rig.settle();
    for (let i = 0; i < 2; i++) {
      void die();
      await boot();
    }
    expect(marks()).toHaveLength(2);
    expect(marks().filter(({ solo }) => solo)).toHaveLength(1);
    const erasing = ["a", "b"].map((key) => watch(client.actors.erase(`One/${key}`)));
    await rig.settle();
    gate.open();
    await rig.settle();
    expect(erasing.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
    expect(marks()).toEqual([]);
    expect(await one("b").note("new")).toBeGreaterThan(0);
  });
});

describe("C.17: a message that only ran beside one that killed its worker", () => {
  it("is never dead-lettered, whatever it was doing at five crashes and more, and takes effect once", async () => {
    const told: Promise<void>[] = [];
    const asked: Watched<number>[] = [];
    for (let i = 0; i < 20; i++) {
      told.push(one(`quick${i}`).tell.note("told"), one(`slow${i}`).tell.slowly("told"));
      asked.push(watch(one(`asked${i}`).with({ timeout: "60s" }).slowly("asked")));
      if (i === 3) told.push(one("p1").tell.kill());
      if (i === 15) told.push(one("p2").tell.kill());
    }
    await Promise.all(told);
    await rig.settle();
    for (let i = 0; i < 2; i++) await boot();
    gate.open();
    await bootUntilAlive();
    expect(deaths).toBeGreaterThanOrEqual(5);
    expect(await deadOnes()).toEqual(["One/p1", "One/p2"]);
    for (let i = 0; i < 20; i++) {
      expect(await one(`quick${i}`).list()).toEqual(["told"]);
      expect(await one(`slow${i}`).list()).toEqual(["told"]);
      expect(asked[i]!.value).toBe(1);
    }
    expect(marks()).toEqual([]);
  });

  it("runs beside suspects, which run one at a time", async () => {
    const suspects = ["a", "b", "c"];
    for (const key of suspects) await one(key).tell.slowly(key);
    await one("p").tell.kill();
    await rig.settle();
    await boot();
    await boot();
    expect(deaths).toBe(2);
    gate = new Gate();
    const arrived = gate;
    await worker.crash("One/a");
    await rig.settle();
    expect(arrived.arrivals).toBe(1);
    expect(await one("d").note("beside")).toBe(1);
    arrived.open();
    await bootUntilAlive();
    for (const key of suspects) expect(await one(key).list()).toEqual([key]);
    expect(await deadOnes()).toEqual(["One/p"]);
  });
});

describe("A.7: what is no crash accuses nobody", () => {
  it("a channel that is lost while the turn runs, however often", async () => {
    await one("a").tell.slowly("told");
    await rig.settle();
    for (let i = 0; i < 8; i++) {
      rig.world.cutChannels();
      await rig.advance(1_500);
      expect(marks()).toMatchObject([{ crashes: 0, alone: 0, solo: false }]);
    }
    expect(gate.arrivals).toBe(9);
    gate.open();
    await rig.settle();
    expect(await one("a").list()).toEqual(["told"]);
    expect(marks()).toEqual([]);
  });

  it("a lease that is lost to nobody while the store does not answer", async () => {
    await one("a").tell.slowly("told");
    await rig.settle();
    for (let i = 0; i < 6; i++) {
      rig.world.disconnect(process, "store");
      await rig.advance(3_000);
      rig.world.reconnect(process, "store");
      await rig.advance(6_000);
    }
    gate.open();
    await rig.advance(1_000);
    expect(await one("a").list()).toEqual(["told"]);
    expect(await deadOnes()).toEqual([]);
    expect(marks()).toEqual([]);
  });

  it("a partition given up in peace while the turn runs, however often", async () => {
    await one("a").tell.slowly("told");
    await rig.settle();
    for (let i = 0; i < 8; i++) {
      const closing = worker.close({ drainTimeout: 100 });
      await rig.advance(1_000);
      await closing;
      await boot();
      expect(marks()).toMatchObject([{ crashes: 0, alone: 0, solo: false }]);
    }
    gate.open();
    await rig.settle();
    expect(await one("a").list()).toEqual(["told"]);
    expect(await deadOnes()).toEqual([]);
  });

  it("and a suspect that is handed over in peace stays what it was", async () => {
    await one("a").tell.slowly("told");
    await rig.settle();
    for (let i = 0; i < 2; i++) {
      void die();
      await boot();
    }
    expect(marks()).toMatchObject([{ crashes: 1, alone: 0, solo: true }]);
    for (let i = 0; i < 4; i++) {
      const closing = worker.close({ drainTimeout: 100 });
      await rig.advance(1_000);
      await closing;
      expect(marks()).toEqual([{ crashes: 1, alone: 0 }]);
      await boot();
      expect(marks()).toMatchObject([{ crashes: 1, alone: 0, solo: true }]);
    }
    gate.open();
    await rig.settle();
    expect(await one("a").list()).toEqual(["told"]);
  });

  it("but crash() of a test system does, for it stands for the death of the process", async () => {
    await one("a").tell.slowly("told");
    await rig.settle();
    for (let i = 0; i < 4; i++) {
      await worker.crash("One/a");
      await rig.settle();
    }
    expect(await deadOnes()).toEqual(["One/a"]);
  });
});

describe("an attempt mark", () => {
  it("costs a first delivery nothing", async () => {
    const before = rig.world.store.snapshot().leases.get("One:g1:00")!.seq;
    await one("a").note(1);
    expect(rig.world.store.snapshot().leases.get("One:g1:00")!.seq).toBe(before + 1);
  });

  it("is written in one commit with those of everything that is about to run", async () => {
    for (let i = 0; i < 50; i++) for (let n = 0; n < 4; n++) await one(`k${i}`).tell.slowly(n);
    await rig.settle();
    const before = rig.world.store.snapshot().leases.get("One:g1:00")!.seq;
    void die();
    await boot();
    expect(marks()).toHaveLength(200);
    expect(rig.world.store.snapshot().leases.get("One:g1:00")!.seq).toBeLessThan(before + 5);
    gate.open();
    await rig.settle();
    for (let i = 0; i < 50; i++) expect(await one(`k${i}`).list()).toEqual([0, 1, 2, 3]);
    expect(marks()).toEqual([]);
  });

  it("goes with the commit of the turn however that ends: by a value, a refusal, a time-out, an erasure", async () => {
    const keys = ["value", "refusal", "timeout", "erasure"];
    for (const key of keys) await one(key).tell.slowly(0);
    await rig.settle();
    await one("value").tell.note(1);
    await one("refusal").tell.refuse();
    await one("timeout").tell.never();
    await one("erasure").tell.note(1);
    void die();
    await boot();
    expect(marks()).toHaveLength(8);
    const erasing = watch(client.actors.erase("One/erasure"));
    await rig.settle();
    gate.open();
    await rig.advance(20_000);
    expect(erasing.state).toBe("resolved");
    expect(marks()).toEqual([]);
  });

  it("goes when a query ends that is delivered again", async () => {
    const looking = watch(one("a").with({ timeout: "30s" }).look());
    await rig.settle();
    void die();
    await boot();
    expect(marks()).toHaveLength(1);
    gate.open();
    expect((await looking.end()).value).toBe(0);
    await rig.settle();
    expect(marks()).toEqual([]);
  });

  it("is not taken for another actor's with the same key", async () => {
    await one("poison").with({ idempotencyKey: "k" }).tell.kill();
    await bootUntilAlive();
    const again = watch(one("other").with({ idempotencyKey: "k", timeout: "30s" }).slowly(1));
    await rig.settle();
    void die();
    gate.open();
    await boot();
    expect((await again.end()).value).toBe(1);
  });
});

describe("a tick of a reminder", () => {
  it("P1: that kills its worker is one dead letter, and its reminder goes on", async () => {
    const set = one("poison").remind("kill");
    await rig.settle();
    await set;
    await rig.advance(3_600_000);
    expect(deaths).toBe(1);
    await bootUntilAlive();
    await rig.advance(60_000);
    expect(deaths).toBe(4);
    expect(await rig.deadLetters("One")).toMatchObject([{ address: "One/poison", handler: "kill", attempts: 1 }]);
    const due = worker.reminders.list({ address: "One/poison" });
    expect(await collect(due)).toMatchObject([{ name: "deadly", tick: 2 }]);
    expect(marks()).toEqual([]);
  });

  it("that kills its worker as the actor wakes for it is left alone for some minutes, which is logged", async () => {
    const set = client.ref(Spoiling, "a").remind();
    await rig.settle();
    await set;
    spoiled = true;
    await rig.advance(60_000);
    await bootUntilAlive();
    expect(deaths).toBe(5);
    // Those that died had the alarm in their hands, which rings again.
    await rig.advance(9 * 60_000);
    expect(deaths).toBe(5);
    expect(rig.logged("error")).toContainEqual(expect.stringMatching(/^Spoiling\/a ended its worker .* in 10 min$/));
    spoiled = false;
    await rig.advance(2 * 60_000);
    expect(await collect(worker.reminders.list({ address: "Spoiling/a" }))).toEqual([]);
  });
});
