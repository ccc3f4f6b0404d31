// A process of a story: a worker that hosts lock actors, or several clients that contend for locks. It ends with its parent.
import type { LogFields, Logger } from "@actor-runtime/core";
import { systemActors } from "@actor-runtime/runtime";
import { CountingTelemetry } from "../chaos/counting-telemetry.js";
import { join, type Member } from "../chaos/join.js";
import type { Ending, Standing } from "../member-process.js";
import { type Awakening, Contender, type Contest } from "./contender.js";
import type { Try } from "./journal.js";
import type { Visit } from "./resource.js";
import { Stalls } from "./stalls.js";

export interface Clients {
  readonly count: number;
  readonly contest: Contest;
}

export type Request =
  | { readonly contend: Clients }
  /** What the fenced resource said to a visit. */
  | { readonly visit: number; readonly accepted: boolean };

export type Report =
  | { readonly visit: number; readonly made: Visit }
  | { readonly tried: Try }
  | { readonly awoke: Awakening };

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
const system = await join(member, role === "worker" ? [...systemActors] : [], new CountingTelemetry(), log);
const stalls = new Stalls();
const answers = new Map<number, (accepted: boolean) => void>();
let visits = 0;
let contenders: Contender[] = [];
let left = false;

const outside = {
  visit: (made: Visit): Promise<boolean> => {
    const visit = ++visits;
    report({ visit, made });
    return new Promise((resolve) => answers.set(visit, resolve));
  },
  note: (tried: Try) => report({ tried }),
  awoke: (awoke: Awakening) => report({ awoke }),
};

process.on("disconnect", () => {
  if (!left) process.exit();
});
process.on("message", (request: Request | Ending) => {
  if ("contend" in request) contend(request.contend);
  else if ("stop" in request) void stop();
  else if ("leave" in request) void leave();
  else {
    answers.get(request.visit)?.(request.accepted);
    answers.delete(request.visit);
  }
});
report({ ready: true });

function contend({ count, contest }: Clients): void {
  contenders = Array.from(
    { length: count },
    (_, index) => new Contender(`${member.name}/${index}`, index, system, contest, outside, stalls),
  );
}

async function stop(): Promise<void> {
  await Promise.all(contenders.map((contender) => contender.stop()));
  report({ stopped: true });
}

async function leave(): Promise<void> {
  await system.close({ drainTimeout: "5s" });
  left = true;
  process.disconnect();
}
