import { connect } from "actor-runtime";
import { contend } from "./contention.js";
import { Workers } from "./workers.js";

/** Clients that all want one lock, whose actor lives in another process. */
const workers = new Workers("plain");
await workers.start(1);
const system = await connect();
const contention = await contend(async () => {
  const lock = await system.locks.acquire("report");
  return () => lock.release();
});
await system.close();
await workers.stop();
process.send?.(contention);
