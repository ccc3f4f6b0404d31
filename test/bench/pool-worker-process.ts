import { once } from "node:events";
import { type Balance, connect } from "actor-runtime";
import { poolServices } from "./pool-service.js";

/** A worker of the figures of pools, until the process that started it lets go. argv: how calls are spread, its number, how slow it is */
const [balance, worker, factor] = process.argv.slice(2) as [Balance, string, string];
const system = await connect({ actors: [...poolServices(balance, Number(worker), Number(factor))] });
process.send?.("ready");
await once(process, "disconnect");
// The slow one may have more calls left than anybody waits for.
await system.close({ drainTimeout: 0 });
