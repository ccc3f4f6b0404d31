// A process of a story: a worker that hosts subscriptions. It ends with its parent.
import type { LogFields, Logger } from "@actor-runtime/core";
import { CountingTelemetry, type Totals } from "../chaos/counting-telemetry.js";
import { join, type Member } from "../chaos/join.js";
import type { Ending, Standing } from "../member-process.js";
import { Subscription } from "./subscription.js";

export type Report = { readonly totals: Totals };

const reportEveryMs = 100;
const report = (message: Report | Standing): void => {
  if (process.connected) process.send!(message);
};
const write = (level: string) => (fields: LogFields, line: string) => {
  const { err } = fields as { err?: unknown };
  process.stderr.write(
    `${new Date().toISOString()} ${level} ${line}${err instanceof Error ? `: ${err.message}` : ""}\n`,
  );
};
const log: Logger = { debug() {}, info() {}, warn: write("warn"), error: write("error") };

const telemetry = new CountingTelemetry();
const system = await join(JSON.parse(process.argv[2]!) as Member, [Subscription], telemetry, log);
let left = false;

process.on("disconnect", () => {
  if (!left) process.exit();
});
process.on("message", (request: Ending) => {
  if ("leave" in request) void leave();
});
setInterval(() => report({ totals: telemetry.totals }), reportEveryMs).unref();
report({ ready: true });

async function leave(): Promise<void> {
  await system.close({ drainTimeout: "5s" });
  report({ totals: telemetry.totals });
  left = true;
  process.disconnect();
}
