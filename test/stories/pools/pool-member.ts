// A process of a story: a worker that hosts stateless types. It ends with its parent.
import type { LogFields, Logger } from "@actor-runtime/core";
import { CountingTelemetry } from "../chaos/counting-telemetry.js";
import { join, type Member } from "../chaos/join.js";
import type { Ending, Standing } from "../member-process.js";
import { hosted } from "./services.js";

export interface PoolMember extends Member {
  readonly seed: number;
  /** How many times as long as others it takes. */
  readonly factor: number;
}

const write = (level: string) => (fields: LogFields, line: string) => {
  const { err } = fields as { err?: unknown };
  process.stderr.write(
    `${new Date().toISOString()} ${level} ${line}${err instanceof Error ? `: ${err.message}` : ""}\n`,
  );
};
const log: Logger = { debug() {}, info() {}, warn: write("warn"), error: write("error") };

const { seed, factor, ...member } = JSON.parse(process.argv[2]!) as PoolMember;
const system = await join(member, hosted(seed, factor), new CountingTelemetry(), log);
let left = false;

process.on("disconnect", () => {
  if (!left) process.exit();
});
process.on("message", (request: Ending) => {
  if ("leave" in request) void leave();
});
const ready: Standing = { ready: true };
process.send!(ready);

async function leave(): Promise<void> {
  await system.close({ drainTimeout: "1s" });
  left = true;
  process.disconnect();
}
