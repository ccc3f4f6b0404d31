import { once } from "node:events";
import { connect } from "actor-runtime";
import { type Spread, tallies } from "./tally.js";

// Hosts the actors of a figure, from the moment it is told to until the process that started it lets go.
process.send?.("prepared");
await once(process, "message");
const system = await connect({ actors: [...tallies[process.argv[2] as Spread]] });
process.send?.("ready");
await once(process, "disconnect");
await system.close();
