import { connect } from "actor-runtime";
import { Reminded } from "./reminded.js";
import { actors, tickPace } from "./ticks.js";
import { Workers } from "./workers.js";

/** One-shot reminders of actors in another process. argv: within how many ms they are due */
const workers = new Workers("reminded");
await workers.start(1);
const system = await connect();
const refs = Array.from({ length: actors }, (_, n) => system.ref(Reminded, `reminded-${n}`));
const pace = await tickPace(
  {
    set: async (times) => void (await Promise.all(refs.map((ref, n) => ref.remind(times[n]!)))),
    ticked: async () => (await Promise.all(refs.map((ref) => ref.ticked()))).flat(),
  },
  Number(process.argv[2]),
);
await system.close();
await workers.stop();
process.send?.(pace);
