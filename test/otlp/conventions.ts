import type { Kind, TraceSpan, Value } from "./trace-span.js";

type Expectation = (value: Value, span: TraceSpan) => boolean;

/** What a span of the runtime has to look like. */
export interface Convention {
  readonly kind: Kind;
  /** What each attribute that it must have may be. */
  readonly attributes: Readonly<Record<string, Expectation>>;
  /** A message that somebody has to process. */
  readonly sends: boolean;
}

const outcomes: readonly Value[] = ["ok", "rejected", "failed", "retried", "dead", "refused", "repeated"];
const lockOutcomes: readonly Value[] = ["acquired", "busy", "timeout", "deadlock", "cancelled", "failed"];
const systems: readonly Value[] = ["rabbitmq", "in_memory"];
/** Those of OpenTelemetry's messaging conventions. */
const operationTypes: readonly Value[] = ["create", "send", "receive", "process", "settle"];

const text = (value: Value): boolean => typeof value === "string" && value !== "";
const index = (value: Value): boolean => Number.isInteger(value) && (value as number) >= 0;
/** The word of the span's name, as in `send Account` and `ask Account.deposit`. */
const typeInName = (value: Value, { name }: TraceSpan): boolean => value === subjectOf(name).type;
const methodInName = (value: Value, { name }: TraceSpan): boolean => value === subjectOf(name).method;

const message = {
  "messaging.system.name": (value: Value) => systems.includes(value),
  "messaging.system": (value: Value) => systems.includes(value),
  "messaging.operation.name": text,
  "messaging.operation.type": (value: Value) => operationTypes.includes(value),
  "messaging.destination.name": text,
  "actor.type": typeInName,
  "actor.key": text,
};
const send: Convention = { kind: "producer", attributes: { ...message, "actor.method": text }, sends: true };
const internal: Convention = { kind: "internal", attributes: {}, sends: false };
const ofActor: Convention = {
  kind: "internal",
  attributes: { "actor.type": typeInName, "actor.key": text },
  sends: false,
};
const ofPartition: Convention = { kind: "internal", attributes: { "actor.partition": text }, sends: false };

const ofLock = {
  "actor.lock.names": text,
  "actor.lock.mode": (value: Value) => value === "exclusive" || value === "shared",
};

const ofTransaction = {
  "actor.tx.outcome": (value: Value) => ["committed", "aborted", "in_doubt", "failed"].includes(value as string),
};
const ofAttempt = { ...ofTransaction, "actor.tx.id": text };
const hold: Convention = {
  kind: "internal",
  attributes: {
    ...ofAttempt,
    "actor.type": text,
    "actor.key": text,
    "actor.tx.mode": (value) => value === "exclusive" || value === "shared",
  },
  sends: false,
};

/** By the first words of a span's name. */
const conventions: Readonly<Record<string, Convention>> = {
  send,
  schedule: send,
  ask: {
    kind: "client",
    attributes: {
      ...message,
      "actor.method": methodInName,
      "rpc.system.name": (value) => value === "actor_runtime",
      "rpc.method": (value, { name }) => value === `${subjectOf(name).type}/${subjectOf(name).method}`,
    },
    sends: true,
  },
  process: {
    kind: "consumer",
    attributes: {
      ...message,
      "messaging.operation.type": (value) => value === "process",
      "actor.method": methodInName,
      "actor.outcome": (value) => outcomes.includes(value),
    },
    sends: false,
  },
  activate: ofActor,
  deactivate: ofActor,
  park: { ...ofActor, attributes: { ...ofActor.attributes, "actor.method": methodInName } },
  "state.load": internal,
  "state.commit": {
    kind: "internal",
    attributes: { "actor.partition": text, "actor.commit.seq": index, "messaging.batch.message_count": index },
    sends: false,
  },
  "take over": ofPartition,
  "hand over": ofPartition,
  "lock.acquire": {
    kind: "internal",
    attributes: { ...ofLock, "actor.lock.outcome": (value) => lockOutcomes.includes(value) },
    sends: false,
  },
  transaction: {
    kind: "internal",
    attributes: { ...ofTransaction, "actor.tx.attempts": index, "actor.tx.members": index },
    sends: false,
  },
  "transaction.attempt": { kind: "internal", attributes: { ...ofAttempt, "actor.tx.members": index }, sends: false },
  "transaction.commit": {
    kind: "internal",
    attributes: {
      ...ofAttempt,
      "actor.tx.members": index,
      "actor.tx.path": (value) => value === "partition" || value === "coordinator",
    },
    sends: false,
  },
  "transaction.hold": hold,
  "transaction.recover": hold,
  "lock.hold": { kind: "internal", attributes: { ...ofLock, "actor.lock.fence": index }, sends: false },
};

/** The first words of the names of all spans of the runtime. */
export const spanNames: readonly string[] = Object.keys(conventions);

/** Attributes that not every span has, and what they may be where they are. */
export const whereGiven: Readonly<Record<string, Expectation>> = {
  "actor.attempt": (value) => Number.isInteger(value) && (value as number) >= 2,
  "actor.redelivered": (value) => value === true,
  "actor.mailbox.wait_ms": (value) => typeof value === "number" && value >= 0,
  "actor.commit.wait_ms": (value) => typeof value === "number" && value >= 0,
  "actor.commit.seq": index,
  "actor.tx.reason": (value) =>
    ["rejected", "conflict", "deadline", "lost", "resolved", "superseded"].includes(value as string),
  "actor.tx.by": text,
};

/** Attributes that the span must have. Outcomes come last; where the partition was lost, its next owner knows them. */
export function requiredOf({ attributes: actual, open }: TraceSpan, { attributes }: Convention): readonly string[] {
  const isCutShort = open || actual["error.type"] === "LostOwnershipError";
  return Object.keys(attributes).filter((name) => !(isCutShort && name.endsWith(".outcome")));
}

/** `undefined` for a span that a program made itself. */
export function conventionOf({ name }: TraceSpan): Convention | undefined {
  const [first = "", second] = name.split(" ");
  return conventions[second === "over" ? `${first} over` : first];
}

function subjectOf(name: string): { readonly type: string; readonly method: string } {
  const subject = name.slice(name.lastIndexOf(" ") + 1);
  const dot = subject.indexOf(".");
  return dot < 0 ? { type: subject, method: "" } : { type: subject.slice(0, dot), method: subject.slice(dot + 1) };
}
