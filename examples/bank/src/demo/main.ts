/** `npm run demo`: exits with 0 when no cent was lost, 1 otherwise, 130 when it was interrupted and none was lost. */
import { connect } from "actor-runtime";
import { Account, Bank } from "../accounts.js";
import { tellStory } from "./story.js";

const loadMs = 4_000;

const stop = new AbortController();
let interrupted = false;
// Once: the second Ctrl-C ends the process at once.
process.once("SIGINT", () => {
  interrupted = true;
  stop.abort();
});

// Embedded, whatever the environment says.
await using system = await connect({ actors: [Account, Bank], amqpUrl: "", redisUrl: "" });
setTimeout(() => stop.abort(), loadMs).unref();
const difference = await tellStory(system, {
  clients: 16,
  accounts: 200,
  transfers: 1_000,
  stop: stop.signal,
  random: Math.random,
  print: (line) => console.log(line),
});
if (difference !== 0) process.exitCode = 1;
else if (interrupted) process.exitCode = 130;
