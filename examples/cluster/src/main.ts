/** `npm start`: exits with 0 when nothing was lost and nothing counted twice, 1 otherwise. */
import { connect } from "actor-runtime";
import { tellStory } from "./story.js";
import { WorkerProcess } from "./worker-process.js";

const namespace = process.env.ACTOR_NAMESPACE ?? "example-cluster";
const lease = "3s";

// Reached by AMQP_URL and REDIS_URL; says so without them.
await using system = await connect({ namespace });
const workers = ["w1", "w2", "w3"].map((id) => new WorkerProcess(id, namespace, lease));
try {
  if (!(await tellStory(system, workers, lease, (line) => console.log(line)))) process.exitCode = 1;
} finally {
  await Promise.all(workers.map((worker) => worker.end("SIGTERM")));
}
