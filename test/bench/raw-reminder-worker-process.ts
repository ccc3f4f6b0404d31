import { once } from "node:events";
import { handleTicks } from "./raw-reminders.js";

// Handles ticks until the process that started it lets go.
const stop = await handleTicks();
process.send?.("ready");
await once(process, "disconnect");
await stop();
