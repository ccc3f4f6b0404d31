/** `npm start`: exits with 0 when every renewal came once, 1 otherwise. */
import { connect } from "actor-runtime";
import { PausedType } from "./paused-type.js";
import { tellStory } from "./story.js";
import { Subscription } from "./subscription.js";
import { WorkerProcess } from "./worker-process.js";

const namespace = process.env.ACTOR_NAMESPACE ?? "example-reminders";
const hasServices = Boolean(process.env.AMQP_URL || process.env.REDIS_URL);

const worker = hasServices ? new WorkerProcess(namespace) : undefined;
try {
  await Promise.race([run(), ...(worker ? [worker.failure] : [])]);
} finally {
  await worker?.stop();
}

async function run(): Promise<void> {
  await worker?.start();
  // Beside a worker it is a client, which no reminder wakes.
  await using system = await connect({ actors: worker ? [] : [Subscription], namespace });
  const outage = worker ?? new PausedType(system);
  if (!(await tellStory(system, outage, (line) => console.log(line)))) process.exitCode = 1;
  // The next run begins anew.
  await system.actors.erase("Subscription/alice");
}
