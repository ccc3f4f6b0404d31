import { type Clock, OverloadedError, type Pools, type PublishOutcome } from "@actor-runtime/core";
import { expect, it } from "vitest";
import { Unanswered } from "../client/unanswered.js";
import { StoreTime } from "../store-time.js";
import { PoolLane } from "./pool-lane.js";
import type { Spread } from "./spread.js";

const onTheirWay = 1_024;
const maxWaiting = 50_000;

it("a pool that is full says when to come back by how fast its messages leave, not always in 0.1 s", async () => {
  let now = 0;
  const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => {} };
  const sent: ((outcome: PublishOutcome) => void)[] = [];
  const pools = { send: () => new Promise<PublishOutcome>((resolve) => sent.push(resolve)) } as unknown as Pools;
  const random = { next: () => 0.5, id: () => "a" };
  // Nobody waits for an answer, so there is no worker to choose.
  const spread = {} as Spread;
  const lane = new PoolLane("pool:Resize", { pools, clock, random, time: new StoreTime(clock) }, spread);
  for (let i = 0; i <= onTheirWay + maxWaiting; i++) {
    lane.send(new Unanswered("{}", undefined, Number.POSITIVE_INFINITY));
  }
  expect(sent).toHaveLength(onTheirWay);

  now = 512;
  sent[0]!("confirmed");
  await Promise.resolve();

  expect(sent).toHaveLength(onTheirWay + 1);
  expect(refusalOf(lane)).toMatchObject({ scope: "mailbox", retryAfterMs: 2_500 });
});

function refusalOf(lane: PoolLane): unknown {
  try {
    lane.checkRoom(1);
  } catch (error) {
    expect(error).toBeInstanceOf(OverloadedError);
    return error;
  }
  return undefined;
}
