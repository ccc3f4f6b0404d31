import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Brake } from "./brake.js";

function fed(turns: readonly { readonly second: number; readonly failed: boolean }[]): Brake {
  const brake = new Brake();
  for (const { second, failed } of turns) brake.ended(second, failed, false);
  return brake;
}

function turnsAt(second: number, well: number, failing: number): { second: number; failed: boolean }[] {
  return Array.from({ length: well + failing }, (_, index) => ({ second, failed: index >= well }));
}

describe("the brake", () => {
  it("goes on when more than half of 50 turns failed, not at half and not before", () => {
    expect(fed(turnsAt(3, 25, 25)).on).toBe(false);
    expect(fed(turnsAt(3, 24, 26)).on).toBe(true);
    expect(fed(turnsAt(3, 0, 49)).on).toBe(false);
    expect(fed(turnsAt(3, 0, 50)).on).toBe(true);
  });

  it("forgets what is ten seconds old", () => {
    expect(fed([...turnsAt(0, 0, 40), ...turnsAt(9, 0, 10)]).on).toBe(true);
    expect(fed([...turnsAt(0, 0, 40), ...turnsAt(10, 0, 10)]).on).toBe(false);
    expect(fed([...turnsAt(0, 0, 40), ...turnsAt(1_000, 0, 49)]).on).toBe(false);
  });

  it("says what held when it went on", () => {
    expect(fed(turnsAt(0, 10, 60)).counts).toEqual({ turns: 50, failures: 40 });
  });

  it("lets one probe through per five seconds, and another at once when a probe proved nothing", () => {
    const brake = fed(turnsAt(7, 0, 50));
    expect(brake.takeProbe(11)).toBe(false);
    expect(brake.takeProbe(12)).toBe(true);
    expect([brake.takeProbe(12), brake.takeProbe(16)]).toEqual([false, false]);
    brake.returnProbe();
    expect([brake.takeProbe(13), brake.takeProbe(13)]).toEqual([true, false]);
  });

  it("lets go after a probe that does not fail, and begins to count anew", () => {
    const brake = fed(turnsAt(0, 0, 50));
    expect(brake.ended(5, true, true)).toBeUndefined();
    expect(brake.ended(10, false, true)).toBe("off");
    expect(brake.counts).toEqual({ turns: 0, failures: 0 });
    for (let turn = 1; turn < 50; turn++) expect(brake.ended(10, true, false)).toBeUndefined();
    expect(brake.ended(10, true, false)).toBe("on");
  });

  it("is not let go by a turn that began before it went on", () => {
    const brake = fed(turnsAt(0, 0, 50));
    expect(brake.ended(1, false, false)).toBeUndefined();
    expect(brake.on).toBe(true);
  });

  it("has no probe while it is off", () => {
    expect(new Brake().takeProbe(1_000_000)).toBe(false);
  });

  it("is on exactly when some window of ten seconds held at least 50 turns of which more than half failed", () => {
    const step = fc.record({ pause: fc.integer({ min: 0, max: 4 }), turns: fc.nat(30), failing: fc.nat(30) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const brake = new Brake();
        const all: { second: number; failed: boolean }[] = [];
        let second = 100;
        let expected = false;
        for (const { pause, turns, failing } of steps) {
          second += pause;
          for (const turn of turnsAt(second, turns, failing)) {
            all.push(turn);
            brake.ended(turn.second, turn.failed, false);
            const window = all.filter((each) => each.second > second - 10);
            expected ||= window.length >= 50 && window.filter(({ failed }) => failed).length * 2 > window.length;
          }
        }
        expect(brake.on).toBe(expected);
      }),
    );
  });
});
