import type { Delivery, Frame } from "@actor-runtime/core";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Link } from "./link.js";
import { PartitionQueue } from "./partition-queue.js";
import type { QueueChannel } from "./queue-channel.js";
import type { Schedule } from "./schedule.js";

type Plain = { readonly do: "push" | "open" | "close" | "cut" | "run" };
type Step = Plain | { readonly do: "ack"; readonly which: number };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Plain>({ do: "push" }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("ack" as const), which: fc.nat(20) }) },
    { weight: 4, arbitrary: fc.constant<Plain>({ do: "run" }) },
    { weight: 2, arbitrary: fc.constantFrom<Plain>({ do: "open" }, { do: "close" }, { do: "cut" }) },
  ),
  { maxLength: 300 },
);

const prefetch = 3;

function numbered(number: number): Frame {
  return { headers: { v: number, segments: [] }, body: new Uint8Array(1) };
}

it("keeps the order of what is not acked, through closed and lost channels, at one consumer at a time", () => {
  fc.assert(
    fc.property(steps, (sequence: Step[]) => {
      const hops: (() => void)[] = [];
      const run = (): void => {
        for (let hop = hops.shift(); hop !== undefined; hop = hops.shift()) hop();
      };
      const schedule: Schedule = (task) => void hops.push(task);
      const queue = new PartitionQueue(1_000_000, schedule);
      const open: { channel: QueueChannel; unacked: Delivery[]; seen: number[] }[] = [];
      const acked = new Set<number>();
      let pushed = 0;

      const openChannel = (): void => {
        const unacked: Delivery[] = [];
        const seen: number[] = [];
        const deliver = (delivery: Delivery): void => {
          expect(open[0]?.unacked).toBe(unacked);
          unacked.push(delivery);
          seen.push(delivery.frame.headers.v);
          expect(unacked.length).toBeLessThanOrEqual(prefetch);
        };
        const channel = queue.open(new Link("broker", schedule), prefetch, { deliver, lost: () => {} }, () => {});
        open.push({ channel, unacked, seen });
      };

      for (const step of sequence) {
        if (step.do === "push") {
          expect(queue.push(numbered(pushed))).toBe("confirmed");
          pushed += 1;
        } else if (step.do === "run") run();
        else if (step.do === "open") openChannel();
        else if (step.do === "close") void open.shift()?.channel.close();
        else if (step.do === "cut") {
          queue.cut(new Error("cut"));
          open.length = 0;
        } else if (step.do === "ack") {
          const active = open[0];
          const [delivery] = active?.unacked.splice(step.which % Math.max(1, active.unacked.length), 1) ?? [];
          if (active === undefined || delivery === undefined) continue;
          active.channel.ack(delivery.tag);
          acked.add(delivery.frame.headers.v);
        }
      }

      // Whoever consumes last gets all that was never acked, in order.
      queue.cut(new Error("the end"));
      open.length = 0;
      openChannel();
      const last = open[0]!;
      for (run(); last.unacked.length > 0; run()) last.channel.ack(last.unacked.shift()!.tag);
      const owed = Array.from({ length: pushed }, (_, number) => number).filter((number) => !acked.has(number));
      expect(last.seen).toEqual(owed);
    }),
  );
});

it("frees the places of a long backlog as it is worked off", () => {
  const hops: (() => void)[] = [];
  const schedule: Schedule = (task) => void hops.push(task);
  const queue = new PartitionQueue(10_000, schedule);
  for (let number = 0; number < 10_000; number += 1) expect(queue.push(numbered(number))).toBe("confirmed");
  expect(queue.push(numbered(10_000))).toBe("refused");

  const seen: number[] = [];
  const channel: QueueChannel = queue.open(
    new Link("broker", schedule),
    1,
    {
      deliver: ({ tag, frame }) => {
        seen.push(frame.headers.v);
        channel.ack(tag);
      },
      lost: () => {},
    },
    () => {},
  );
  for (let hop = hops.shift(); hop !== undefined; hop = hops.shift()) hop();
  expect(seen).toEqual(Array.from({ length: 10_000 }, (_, number) => number));
  expect(queue.push(numbered(10_000))).toBe("confirmed");
});
