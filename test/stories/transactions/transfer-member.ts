// A process of a story: a worker that hosts accounts, or several clients that make transfers. It ends with its parent.
import type { LogFields, Logger } from "@actor-runtime/core";
import { systemActors } from "@actor-runtime/runtime";
import { CountingTelemetry, type Totals } from "../chaos/counting-telemetry.js";
import { join, type Member } from "../chaos/join.js";
import type { Ending, Standing } from "../member-process.js";
import { Account, Statement } from "./account.js";
import type { Ended } from "./journal.js";
import { Teller } from "./teller.js";

/** So many clients begin, each to make one transfer after the other. */
export type Request = { readonly tellers: number };

export type Report = { readonly ended: Ended } | { readonly totals: Totals };

const reportEveryMs = 100;
const report = (message: Report | Standing): void => {
  if (process.connected) process.send!(message);
};
const write = (level: string) => (fields: LogFields, line: string) => {
  const cause = fields["err"] instanceof Error ? fields["err"].message : fields["reason"];
  const because = typeof cause === "string" ? `: ${cause}` : "";
  process.stderr.write(`${new Date().toISOString()} ${level} ${line}${because}\n`);
};
const log: Logger = { debug() {}, info() {}, warn: write("warn"), error: write("error") };

const [role, text] = process.argv.slice(2) as ["worker" | "clients", string];
const member = JSON.parse(text) as Member;
const telemetry = new CountingTelemetry();
const hosted = role === "worker" ? [Account, Statement, ...systemActors] : [];
const system = await join(member, hosted, telemetry, log);
let tellers: Teller[] = [];
let left = false;

process.on("disconnect", () => {
  if (!left) process.exit();
});
process.on("message", (request: Request | Ending) => {
  if ("tellers" in request) {
    const note = (ended: Ended) => report({ ended });
    tellers = Array.from(
      { length: request.tellers },
      (_, index) => new Teller(`${member.name}/${index}`, system, note),
    );
  } else if ("stop" in request) void stop();
  else void leave();
});
setInterval(() => report({ totals: telemetry.totals }), reportEveryMs).unref();
report({ ready: true });

async function stop(): Promise<void> {
  await Promise.all(tellers.map((teller) => teller.stop()));
  report({ stopped: true });
}

async function leave(): Promise<void> {
  await system.close({ drainTimeout: "5s" });
  report({ totals: telemetry.totals });
  left = true;
  process.disconnect();
}
