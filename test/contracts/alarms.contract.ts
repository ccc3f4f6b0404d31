import type { Alarm, Alarms } from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, someMailbox, unique } from "./samples.js";

export interface AlarmsUnderTest {
  readonly port: Alarms;
  /** Another process's connection to the same alarms. */
  readonly other: Alarms;
  /** A delay that `pass` can outlast. */
  readonly delayMs: number;
  /** The longest time until a rejected ring rings again. */
  readonly retryMs: number;
  /** Wall time, by which alarms are due. */
  now(): number;
  /** Lets time pass, at least this long. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

/** What every kind of alarm does, whatever keeps it. */
export function alarmsContract(name: string, make: () => Promise<AlarmsUnderTest>): void {
  describe(`${name}: alarms`, () => {
    let under: AlarmsUnderTest;
    let alarms: Alarms;
    let other: Alarms;
    let partition: string;

    beforeEach(async () => {
      under = await make();
      ({ port: alarms, other } = under);
      partition = `${someMailbox().name}:g1:00`;
    });

    afterEach(() => under.dispose());

    function someAlarm(inMs: number, hint = "tick", id = unique("alarm")): Alarm {
      return { id, partition, dueAt: under.now() + inMs, hint };
    }

    /** Notes hints as they ring, with the time; those of other tests are not its business. */
    async function listen(by = alarms): Promise<{ hints: string[]; times: number[]; stop(): Promise<void> }> {
      const hints: string[] = [];
      const times: number[] = [];
      const stop = await by.listen(async (alarm) => {
        if (alarm.partition !== partition) return;
        hints.push(alarm.hint);
        times.push(under.now());
      });
      return { hints, times, stop };
    }

    async function heard(hints: readonly string[], ...expected: string[]): Promise<void> {
      await eventually(() => expect([...hints].sort()).toEqual([...expected].sort()));
    }

    it("rings when it is due, not before, with all that it was set with", async () => {
      const rung: Alarm[] = [];
      let rungAt = 0;
      await alarms.listen(async (alarm) => {
        rung.push(alarm);
        rungAt = under.now();
      });
      const alarm = someAlarm(under.delayMs);
      await alarms.set([alarm]);
      await under.pass(under.delayMs * 1.5);
      await eventually(() => expect(rung).toEqual([alarm]));
      expect(rungAt).toBeGreaterThanOrEqual(alarm.dueAt);
    });

    it("rings those that are due first, first, each once", async () => {
      const { hints } = await listen();
      await alarms.set([someAlarm(under.delayMs * 2, "late")]);
      await alarms.set([someAlarm(under.delayMs, "early")]);
      await under.pass(under.delayMs * 2.5);
      await eventually(() => expect(hints).toEqual(["early", "late"]));
      await under.pass(under.delayMs);
      expect(hints).toEqual(["early", "late"]);
    });

    it("rings at once when the time is past", async () => {
      const { hints } = await listen();
      await alarms.set([someAlarm(-60_000, "overdue")]);
      await under.pass(under.delayMs);
      await heard(hints, "overdue");
    });

    it("is not changed by another of the same id: that is the same one, set again", async () => {
      const { hints } = await listen();
      const id = unique("alarm");
      await alarms.set([someAlarm(under.delayMs, "first", id)]);
      await other.set([someAlarm(under.delayMs, "first", id), someAlarm(under.delayMs * 2, "other")]);
      await under.pass(under.delayMs * 2.5);
      await heard(hints, "first", "other");
    });

    it("can be set again once it has rung", async () => {
      const { hints } = await listen();
      const id = unique("alarm");
      await alarms.set([someAlarm(0, "first", id)]);
      await under.pass(under.delayMs);
      await heard(hints, "first");
      await alarms.set([someAlarm(0, "second", id)]);
      await under.pass(under.delayMs);
      await heard(hints, "first", "second");
    });

    it("does not ring once it is cancelled", async () => {
      const { hints } = await listen();
      const cancelled = someAlarm(under.delayMs, "cancelled");
      await alarms.set([cancelled]);
      await alarms.set([someAlarm(under.delayMs * 2, "kept")]);
      await other.cancel([cancelled.id]);
      await other.cancel([unique("never-set")]);
      await under.pass(under.delayMs * 2.5);
      await heard(hints, "kept");
    });

    it("waits for somebody who listens", async () => {
      await alarms.set([someAlarm(under.delayMs, "tick")]);
      await under.pass(under.delayMs * 1.5);
      const { hints } = await listen(other);
      await under.pass(under.delayMs);
      await heard(hints, "tick");
    });

    it("rings at one of those who listen", async () => {
      const [mine, theirs] = [await listen(), await listen(other)];
      for (let number = 0; number < 10; number += 1) await alarms.set([someAlarm(0, `tick ${number}`)]);
      await under.pass(under.delayMs);
      await eventually(() => expect(mine.hints.length + theirs.hints.length).toBe(10));
      expect(new Set([...mine.hints, ...theirs.hints]).size).toBe(10);
    });

    it("rings elsewhere when the one who set it is gone", async () => {
      const { hints } = await listen(other);
      await alarms.set([someAlarm(under.delayMs, "tick")]);
      await alarms.close();
      await under.pass(under.delayMs * 1.5);
      await heard(hints, "tick");
    });

    it("does not ring at a listener that was stopped", async () => {
      const [stopped, listening] = [await listen(), await listen(other)];
      await stopped.stop();
      await stopped.stop();
      for (let number = 0; number < 4; number += 1) await alarms.set([someAlarm(0, `tick ${number}`)]);
      await under.pass(under.delayMs);
      await eventually(() => expect(listening.hints).toHaveLength(4));
      expect(stopped.hints).toEqual([]);
    });

    it("rings again after a time when it rang too early by the clock of whoever listens", async () => {
      let rings = 0;
      await alarms.listen(async () => {
        rings += 1;
        return rings < 3 ? under.delayMs : undefined;
      });
      await alarms.set([someAlarm(0)]);
      await under.pass(under.delayMs * 4);
      await eventually(() => expect(rings).toBe(3));
      await under.pass(under.delayMs * 2);
      expect(rings).toBe(3);
    });

    it("P1: rings again later when the hint could not be handed on", async () => {
      let rings = 0;
      await alarms.listen(async () => {
        rings += 1;
        if (rings === 1) throw new Error("the broker is away");
      });
      await alarms.set([someAlarm(0)]);
      await under.pass(under.delayMs + under.retryMs);
      await eventually(() => expect(rings).toBe(2));
      await under.pass(under.delayMs + under.retryMs);
      expect(rings).toBe(2);
    });
  });
}
