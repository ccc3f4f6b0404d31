import { connect } from "actor-runtime";
import { lockPace } from "./lock-pace.js";
import { Workers } from "./workers.js";

/** Locks nobody else wants; the lock actors live in another process. argv: how many at a time */
const workers = new Workers("plain");
await workers.start(1);
const system = await connect();
const takeAndRelease = async (name: string): Promise<void> => {
  const lock = await system.locks.acquire(name);
  await lock.release();
};
const pace = await lockPace(takeAndRelease, Number(process.argv[2]));
await system.close();
await workers.stop();
process.send?.(pace);
