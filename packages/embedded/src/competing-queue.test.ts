import type { Frame, PoolDelivery } from "@actor-runtime/core";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { CompetingQueue, type Competitor } from "./competing-queue.js";
import { Link } from "./link.js";
import type { Schedule } from "./schedule.js";

const prefetch = 3;

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant({ do: "push" as const, which: 0 }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("ack" as const), which: fc.nat(20) }) },
    { weight: 4, arbitrary: fc.constant({ do: "run" as const, which: 0 }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom("open" as const, "close" as const, "stop" as const),
        which: fc.nat(20),
      }),
    },
  ),
  { maxLength: 300 },
);

function numbered(number: number): Frame {
  return { headers: { v: number, segments: [] }, body: new Uint8Array(1) };
}

it("gives each frame to one consumer at a time, counts how often it came back, and owes what was never acked", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const hops: (() => void)[] = [];
      const run = (): void => {
        for (let hop = hops.shift(); hop !== undefined; hop = hops.shift()) hop();
      };
      const schedule: Schedule = (task) => void hops.push(task);
      const queue = new CompetingQueue(1_000_000, schedule, () => {});
      const open: { competitor: Competitor; unacked: PoolDelivery[] }[] = [];
      const returned = new Map<number, number>();
      const acked = new Set<number>();
      let pushed = 0;

      const join = (most = prefetch): void => {
        const unacked: PoolDelivery[] = [];
        const deliver = (delivery: PoolDelivery): void => {
          const number = delivery.frame.headers.v;
          expect(acked.has(number)).toBe(false);
          expect(open.flatMap((other) => other.unacked.map(({ frame }) => frame.headers.v))).not.toContain(number);
          expect(delivery.redeliveries).toBe(returned.get(number) ?? 0);
          unacked.push(delivery);
          expect(unacked.length).toBeLessThanOrEqual(most);
        };
        const link = new Link("broker", schedule);
        const competitor = queue.join(link, { prefetch: most }, { deliver, lost: () => {} }, () => {});
        open.push({ competitor, unacked });
      };

      for (const step of sequence) {
        const one = open[step.which % Math.max(1, open.length)];
        if (step.do === "push") {
          expect(queue.push(numbered(pushed))).toBe("confirmed");
          pushed += 1;
        } else if (step.do === "run") run();
        else if (step.do === "open") join();
        else if (one === undefined) continue;
        else if (step.do === "stop") queue.stop(one.competitor);
        else if (step.do === "close") {
          open.splice(open.indexOf(one), 1);
          for (const { frame } of one.unacked) {
            returned.set(frame.headers.v, (returned.get(frame.headers.v) ?? 0) + 1);
          }
          void one.competitor.channel.close();
        } else {
          const delivery = one.unacked.shift();
          if (delivery === undefined) continue;
          one.competitor.channel.ack(delivery.tag);
          acked.add(delivery.frame.headers.v);
        }
        expect(queue.depth).toBe(pushed - acked.size);
      }

      for (const { unacked } of open) {
        for (const { frame } of unacked) returned.set(frame.headers.v, (returned.get(frame.headers.v) ?? 0) + 1);
      }
      open.length = 0;
      queue.cut(new Error("the end"));
      join(pushed + 1);
      run();
      const owed = Array.from({ length: pushed }, (_, number) => number).filter((number) => !acked.has(number));
      expect(open[0]!.unacked.map(({ frame }) => frame.headers.v).toSorted((a, b) => a - b)).toEqual(owed);
    }),
  );
});
