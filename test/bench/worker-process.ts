import { once } from "node:events";
import { connect } from "actor-runtime";
import { type Spread, tallies } from "./tally.js";
import { traced } from "./traced-process.js";

// Hosts the actors of a figure, from the moment it is told to until the process that started it lets go.
const tracing = await traced(`worker-${process.pid}`);
process.send?.("prepared");
await once(process, "message");
const system = await connect({ ...tracing.options, actors: [...tallies[process.argv[2] as Spread]] });
process.send?.("ready");
await once(process, "disconnect");
await system.close();
await tracing.end();
