/** `npm start`: exits with 0 when every chapter was written once, 1 otherwise. */
import { connect } from "actor-runtime";
import { Archive } from "./archive.js";
import { ArchiveClient } from "./archive-client.js";
import { Catalogue } from "./catalogue.js";
import { LocalWriter } from "./local-writer.js";
import { tellStory } from "./story.js";
import { WriterProcess } from "./writer-process.js";

const namespace = process.env.ACTOR_NAMESPACE ?? "example-report";

await using archive = await Archive.open();
// Whoever hosts actors hosts those of the locks too.
await using system = await connect({ actors: [Catalogue], namespace });
// The archive is a new one in each run.
await system.actors.erase("Catalogue/main");

const client = new ArchiveClient(archive.url);
const embedded = system.describe().transport === "embedded";
const writers = ["w1", "w2", "w3"].map((id) =>
  embedded ? new LocalWriter(id, system, client) : new WriterProcess(id, namespace, archive.url),
);
try {
  if (!(await tellStory({ system, archive, writers, print: (line) => console.log(line) }))) process.exitCode = 1;
} finally {
  await Promise.all(writers.map((writer) => writer.end()));
}
