import { LockLostError } from "@actor-runtime/core";
import { type LocalSystem, systemActors } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { Gate, Rig, refusalOf, watch } from "./support.js";

let rig: Rig;
let worker: LocalSystem;
let one: LocalSystem;
let two: LocalSystem;

beforeEach(async () => {
  rig = new Rig();
  worker = await rig.host(systemActors, { process: "worker", workerId: "worker" });
  one = await rig.host([], { process: "one", workerId: "one" });
  two = await rig.host([], { process: "two", workerId: "two" });
});

describe("the body of a lock", () => {
  it("P10: leaves nothing behind that has the lock again once it was given back: both had it then", async () => {
    const gate = new Gate();
    let stray: Promise<unknown> | undefined;
    await one.locks.withLock("report", () => {
      stray = gate.pass().then(() => one.locks.withLock("report", async () => "has it, too"));
    });
    const other = await two.locks.acquire("report");
    gate.open();
    const error = await refusalOf(stray!);
    expect(error).toBeInstanceOf(LockLostError);
    expect(error.message).toContain("it was given back");
    other.check();
  });

  it("that leaves a nested one behind has the lock until that has ended, too", async () => {
    const gate = new Gate();
    let stray: Promise<void> | undefined;
    await one.locks.withLock("report", () => {
      stray = one.locks.withLock("report", () => gate.pass());
    });
    const next = watch(two.locks.acquire("report"));
    await rig.advance(1_000);
    expect(next.state).toBe("pending");
    gate.open();
    await stray;
    await rig.settle();
    expect(next.state).toBe("resolved");
  });

  it("may give it back itself: that was taken for a loss", async () => {
    const result = await one.locks.withLock("report", async (lock) => {
      await lock.release();
      return "done";
    });
    expect(result).toBe("done");
  });

  it("that has lost it takes no other: it waited for that in vain, until `wait` was over", async () => {
    const gate = new Gate();
    const nested = watch(
      one.locks.withLock("report", async () => {
        await gate.pass();
        await one.locks.withLock("archive", () => {});
      }),
    );
    await rig.settle();
    await worker.locks.break("report");
    await rig.settle();
    gate.open();
    await rig.settle();
    expect(nested.error).toBeInstanceOf(LockLostError);
    expect(nested.error!.message).toContain('"report"');
  });
});
