import { once } from "node:events";
import { connect } from "actor-runtime";
import { type Hosted, hosted } from "./hosted.js";
import { traced } from "./traced-process.js";

// Hosts the actors of a figure, from the moment it is told to until the process that started it lets go.
const tracing = await traced(`worker-${process.pid}`);
process.send?.("prepared");
await once(process, "message");
const system = await connect({ ...tracing.options, actors: [...hosted[process.argv[2] as Hosted]] });
process.send?.("ready");
await once(process, "disconnect");
await system.close();
await tracing.end();
