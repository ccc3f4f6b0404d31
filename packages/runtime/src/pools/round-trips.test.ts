import { expect, it } from "vitest";
import { RoundTrips } from "./round-trips.js";

it("is the shortest of the latest: what came late came late for want of messages", () => {
  const trips = new RoundTrips();
  expect(trips.shortestMs).toBe(0);
  for (const [acked, delivered] of [
    [0, 500],
    [600, 603],
    [700, 900],
  ] as const) {
    trips.acked(acked);
    trips.delivered(delivered);
  }
  expect(trips.shortestMs).toBe(3);
});

it("forgets what is long past, and acks of a channel that was lost", () => {
  const trips = new RoundTrips();
  trips.acked(0);
  trips.delivered(1);
  for (let at = 10; at < 330; at += 10) {
    trips.acked(at);
    trips.delivered(at + 5);
  }
  expect(trips.shortestMs).toBe(5);
  trips.acked(1_000);
  trips.clear();
  trips.delivered(1_001);
  expect(trips.shortestMs).toBe(5);
});
