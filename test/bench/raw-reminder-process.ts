import { messageOf, start, stop } from "./own-process.js";
import { RawReminders } from "./raw-reminders.js";
import { tickPace } from "./ticks.js";

/** The same ticks as delayed jobs of BullMQ alone, handled in another process. argv: within how many ms they are due */
const worker = start("raw-reminder-worker-process.js");
await messageOf(worker);
const reminders = new RawReminders();
const pace = await tickPace(
  {
    set: (times) => reminders.set(times.flat()),
    ticked: () => reminders.ticked(),
  },
  Number(process.argv[2]),
);
await reminders.close();
await stop(worker);
process.send?.(pace);
