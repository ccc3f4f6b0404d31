import { setTimeout as delay } from "node:timers/promises";
import { contend } from "./contention.js";
import { RawLocks } from "./raw-lock.js";

/** Clients that all want one lock and try again and again for it. argv: the shortest and the longest pause between tries, in ms */
const [shortest, longest] = process.argv.slice(2, 4).map(Number) as [number, number];
const locks = new RawLocks();
const contention = await contend(async () => {
  for (;;) {
    const giveBack = await locks.tryTake("report");
    if (giveBack !== undefined) return giveBack;
    await delay(shortest + Math.random() * (longest - shortest));
  }
});
locks.close();
process.send?.(contention);
