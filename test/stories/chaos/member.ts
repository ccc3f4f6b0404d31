// A process of a story: a worker, or a client that drives loads on request. It says what it counts, and ends with its parent.
import type { LogFields, Logger } from "@actor-runtime/core";
import { CountingTelemetry, type Totals } from "./counting-telemetry.js";
import { drive, type Load } from "./drive.js";
import { join, type Member } from "./join.js";
import type { Entry } from "./journal.js";
import { Ledger } from "./ledger.js";

export type Request = { readonly load: Load };
export type Report =
  | { readonly ready: true }
  | { readonly totals: Totals }
  | { readonly ended: number }
  | { readonly journal: readonly Entry[] };

const report = (message: Report): void => {
  if (process.connected) process.send!(message);
};

let reporting = false;
const telemetry = new CountingTelemetry(() => {
  if (reporting) return;
  reporting = true;
  setImmediate(() => {
    reporting = false;
    report({ totals: telemetry.totals });
  });
});

const write = (level: string) => (fields: LogFields, line: string) => {
  const cause = fields["err"] instanceof Error ? `: ${fields["err"].message}` : "";
  process.stderr.write(`${new Date().toISOString()} ${level} ${line}${cause}\n`);
};
const log: Logger = { debug() {}, info() {}, warn: write("warn"), error: write("error") };

const [role, member] = process.argv.slice(2) as ["worker" | "client", string];
const system = await join(JSON.parse(member) as Member, role === "worker" ? [Ledger] : [], telemetry, log);

process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => {
  void system.close({ drainTimeout: "5s" }).then(() => process.exit());
});
process.on("message", ({ load }: Request) => {
  void drive(system, load, (ended) => report({ ended })).then((journal) => report({ journal }));
});
report({ ready: true });
