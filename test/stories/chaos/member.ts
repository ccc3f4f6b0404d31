// A process of a story: a worker, or a client that sends on request. It says what it counts, and ends with its parent.
import { createRequire } from "node:module";
import { dirname, join as pathOf } from "node:path";
import { pathToFileURL } from "node:url";
import type { LogFields, Logger } from "@actor-runtime/core";
import type { Watchdog } from "@actor-runtime/runtime";
import { CountingTelemetry, type Totals } from "./counting-telemetry.js";
import { drive, type Load } from "./drive.js";
import { join, type Member, type Oddities } from "./join.js";
import type { Entry } from "./journal.js";
import { Ledger } from "./ledger.js";
import { keepPace, type Pace } from "./pace.js";
import { unawareOfSleep } from "./unaware-of-sleep.js";

/** What is special about a worker. */
export interface Traits {
  readonly leaseMs?: number;
  /** Its clock stands still while it is stopped, and it is slow to hear that its leases have run out. */
  readonly unaware?: boolean;
  /** Ends it when its event loop stands still for longer than its lease. */
  readonly watchdog?: boolean;
}

export type Request =
  | { readonly load: Load }
  | { readonly pace: Pace }
  /** The pace, which is then reported. */
  | { readonly stop: true }
  /** Keeps the event loop from turning. */
  | { readonly blockMs: number };
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
  const cause = fields["err"] instanceof Error ? fields["err"].message : fields["reason"];
  const because = typeof cause === "string" ? `: ${cause}` : "";
  process.stderr.write(`${new Date().toISOString()} ${level} ${line}${because}\n`);
};
const log: Logger = { debug() {}, info() {}, warn: write("warn"), error: write("error") };

const [role, member, traits] = process.argv.slice(2) as ["worker" | "client", string, string];
const oddities = await odditiesOf(JSON.parse(traits) as Traits);
const system = await join(JSON.parse(member) as Member, role === "worker" ? [Ledger] : [], telemetry, log, oddities);
let stopPace: ReturnType<typeof keepPace> = async () => [];

process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => {
  void system.close({ drainTimeout: "5s" }).then(() => process.exit());
});
process.on("message", (request: Request) => {
  if ("load" in request) {
    void drive(system, request.load, (ended) => report({ ended })).then((journal) => report({ journal }));
  } else if ("pace" in request) {
    stopPace = keepPace(system, request.pace);
  } else if ("stop" in request) {
    void stopPace().then((journal) => report({ journal }));
  } else {
    const until = performance.now() + request.blockMs;
    while (performance.now() < until);
  }
});
report({ ready: true });

async function odditiesOf({ leaseMs, unaware, watchdog }: Traits): Promise<Oddities> {
  return {
    ...(leaseMs && { limits: { leaseMs } }),
    ...(unaware && unawareOfSleep()),
    ...(watchdog && leaseMs && { watchdog: await startWatchdog(leaseMs) }),
  };
}

/** That of the command line, which is no part of the public API. */
async function startWatchdog(limitMs: number): Promise<Watchdog> {
  const entry = createRequire(import.meta.url).resolve("actor-runtime");
  const { href } = pathToFileURL(pathOf(dirname(entry), "watchdog.js"));
  const program = (await import(href)) as { startWatchdog(limitMs: number): Watchdog };
  return program.startWatchdog(limitMs);
}
