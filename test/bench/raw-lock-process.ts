import { lockPace } from "./lock-pace.js";
import { RawLocks } from "./raw-lock.js";

/** Locks nobody else wants, written by hand on ioredis. argv: how many at a time */
const locks = new RawLocks();
const takeAndRelease = async (name: string): Promise<void> => {
  const giveBack = await locks.tryTake(name);
  if (giveBack === undefined) throw new Error(`${name} is held, and nobody else should want it`);
  await giveBack();
};
const pace = await lockPace(takeAndRelease, Number(process.argv[2]));
locks.close();
process.send?.(pace);
