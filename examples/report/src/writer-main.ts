/** The process of a writer: writes what its parent says, until that ends. */
import { once } from "node:events";
import { connect } from "actor-runtime";
import { ArchiveClient } from "./archive-client.js";
import { writeReport } from "./write-report.js";
import type { WriterMessage } from "./writer-process.js";

const [, , by = "", namespace = "", archiveUrl = ""] = process.argv;

// A client: it hosts nothing, and a lock needs no more.
await using system = await connect({ workerId: by, namespace });
const archive = new ArchiveClient(archiveUrl);
// One that fails ends this process, and so the story.
process.on("message", (asked: { call: number; report: string }) => void write(asked));
say("ready");
await once(process, "disconnect");

async function write({ call, report }: { call: number; report: string }): Promise<void> {
  say({ call, outcome: await writeReport(report, { by, system, archive }) });
}

function say(message: WriterMessage): void {
  process.send?.(message);
}
