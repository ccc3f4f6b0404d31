import {
  type Alarm,
  type Answer,
  answerKey,
  type Clock,
  type CommitRecord,
  type Destination,
  type InboundStream,
  type Lease,
  type Message,
  messageBytes,
  type PartitionId,
  type ReminderWrite,
  type RowWrite,
  type StoredMessage,
  type StoredWrite,
} from "@actor-runtime/core";
import { Tally } from "../metrics/tally.js";
import { CommitTrace } from "../tracing/commit-trace.js";
import type { Tracing } from "../tracing/tracing.js";
import type { Inbound, OpenDelivery, Parked } from "./inbound.js";
import type { Draft, Outbox } from "./outbox.js";

/** An actor with a stored list. */
interface Parking {
  readonly address: string;
  parked: Parked | undefined;
}

const none: readonly never[] = [];

/** What becomes of an actor's stored list: entries leave at the front, come back there, or join at the end. */
interface ParkedChange {
  shift: number;
  readonly unshift: string[];
  readonly push: string[];
  /** The list as it is after the last change. */
  list: Parked | undefined;
}

/** A reply that leaves with the commit. */
export interface ReplyDraft {
  readonly to: string;
  readonly text: string;
}

/** What finished turns leave behind, gathered until the commit before them is known (delivery.md A.5). */
export class CommitGroup {
  readonly seq: number;
  readonly states = new Map<string, string | undefined>();
  /** Few: one per process that sends to the partition. */
  readonly streams: InboundStream[] = [];
  /** Names of streams whose rows go (A.8). */
  readonly #forgotten: string[] = [];
  answers: Answer[] = [];
  /** Actors whose kept answers go. */
  readonly erased: string[] = [];
  readonly settled: string[] = [];
  readonly out: Draft[] = [];
  // Made when needed: nearly every group goes without.
  #reminders: Map<string, ReminderWrite["reminder"]> | undefined;
  #trims: Map<Destination, number> | undefined;
  /** By address: an actor that leaves memory meanwhile hands its list on to its next activation. */
  #parked: Map<string, ParkedChange> | undefined;
  #marks: Map<string, string | undefined> | undefined;
  #holds: Map<string, string | undefined> | undefined;
  #due: Map<string, number | undefined> | undefined;
  #answerIndex: Map<string, Answer> | undefined;
  #indexed = 0;

  // ---- leaves once the commit is known to have succeeded (O10)
  readonly replies: ReplyDraft[] = [];
  readonly deliveries: OpenDelivery[] = [];
  /** Of ticks that come next, and of those that come no more. */
  alarms: Alarm[] | undefined;
  /** Ids. */
  silenced: string[] | undefined;
  readonly tally = new Tally();
  readonly waiters: { resolve(): void; reject(error: unknown): void }[] = [];
  /** The spans that end with it; `undefined`: nobody traces what is in it. */
  #trace: CommitTrace | undefined;

  constructor(seq: number) {
    this.seq = seq;
  }

  get trace(): CommitTrace | undefined {
    return this.#trace;
  }

  traced(tracing: Tracing, partition: PartitionId, clock: Clock): CommitTrace {
    return (this.#trace ??= new CommitTrace(tracing, partition, this.seq, () => clock.monotonic()));
  }

  /** When it is written first, in ms by the clock's `monotonic()`. */
  writtenAt = 0;
  /** Something waits for this commit although it writes nothing itself. */
  mustWrite = false;

  /** There is something to write or to wait for. Settled answers and trims alone wait for company. */
  get pressing(): boolean {
    return (
      this.mustWrite ||
      this.states.size > 0 ||
      this.streams.length > 0 ||
      this.#forgotten.length > 0 ||
      this.out.length > 0 ||
      this.#reminders !== undefined ||
      this.#parked !== undefined ||
      this.#marks !== undefined ||
      this.#holds !== undefined ||
      this.#due !== undefined
    );
  }

  /** The answer given in this group under a key. */
  findAnswer(key: string): Answer | undefined {
    // Indexed when first looked for, which only repeats and keyed messages do.
    this.#answerIndex ??= new Map();
    for (; this.#indexed < this.answers.length; this.#indexed++) {
      const answer = this.answers[this.#indexed]!;
      this.#answerIndex.set(answer.key, answer);
    }
    return this.#answerIndex.get(key);
  }

  /** An erased actor: its kept answers go, also those of this group. */
  forgetAnswers(address: string): void {
    const prefix = answerKey(address, "");
    this.answers = this.answers.filter(({ key }) => !key.startsWith(prefix));
    this.#answerIndex = undefined;
    this.#indexed = 0;
    this.erased.push(address);
  }

  /** The stream's row has changed. */
  touch(stream: InboundStream): void {
    if (!this.streams.includes(stream)) this.streams.push(stream);
  }

  /** The stream's row goes. */
  forget(stream: InboundStream): void {
    const touched = this.streams.indexOf(stream);
    if (touched >= 0) this.streams.splice(touched, 1);
    this.#forgotten.push(stream.name);
  }

  /** Keeps a record until its time, or removes it. */
  remind(id: string, reminder: ReminderWrite["reminder"]): void {
    this.#reminders ??= new Map();
    this.#reminders.set(id, reminder);
  }

  /** Outbox entries of a target up to this number are confirmed. */
  trim(target: Destination, upTo: number): void {
    this.#trims ??= new Map();
    this.#trims.set(target, upTo);
  }

  /** Writes the attempt mark of a message, or clears it (`undefined`). */
  mark(key: string, text: string | undefined): void {
    this.#marks ??= new Map();
    this.#marks.set(key, text);
  }

  /** Writes what transactions hold of an actor, or that they hold nothing any more (`undefined`). */
  hold(address: string, text: string | undefined): void {
    this.#holds ??= new Map();
    this.#holds.set(address, text);
  }

  /** When the earliest reminder of an actor is due (ms since 1970); `undefined`: it has none. */
  due(address: string, dueAt: number | undefined): void {
    this.#due ??= new Map();
    this.#due.set(address, dueAt);
  }

  /** An alarm is set once the commit is known. */
  ring(alarm: Alarm): void {
    this.alarms ??= [];
    this.alarms.push(alarm);
  }

  /** An alarm is not needed any more once the commit is known. */
  silence(alarm: string): void {
    this.silenced ??= [];
    this.silenced.push(alarm);
  }

  /** Takes a stored message off the actor's list: it is settled, or about to be written anew. Nearly always it is the first. */
  unpark(activation: Parking, entry: Inbound): void {
    const parked = activation.parked!;
    const place = parked.entries.indexOf(entry);
    parked.bytes -= entry.storedBytes;
    parked.entries.splice(place, 1);
    const change = this.#change(activation);
    const returned = change.unshift.length;
    if (place < returned) {
      change.unshift.splice(place, 1);
    } else if (place - returned < parked.persisted) {
      // Lists lose entries at the front only, so those before it leave with it and come back.
      const passed = parked.entries.slice(returned, place);
      change.unshift.push(...passed.map((inbound) => storedText(inbound)));
      change.shift += passed.length + 1;
      parked.persisted -= passed.length + 1;
    } else {
      // It came and went before the commit was built.
      change.push.splice(place - returned - parked.persisted, 1);
    }
    if (parked.entries.length === 0) change.list = activation.parked = undefined;
  }

  /** Puts a message in front of everything that waits for the actor. */
  parkFirst(activation: Parking, entry: Inbound, text = storedText(entry)): void {
    const change = this.#add(activation, entry, messageBytes(text));
    activation.parked!.entries.unshift(entry);
    change.unshift.unshift(text);
  }

  /** Puts a message behind what is stored for the actor. */
  parkLast(activation: Parking, entry: Inbound, text: string, bytes: number): void {
    const change = this.#add(activation, entry, bytes);
    activation.parked!.entries.push(entry);
    change.push.push(text);
  }

  /** Forgets the whole stored list of an erased actor. */
  clearParked(activation: Parking): void {
    const change = this.#change(activation);
    // What came in this group was never written.
    change.shift += activation.parked?.persisted ?? 0;
    change.unshift.length = 0;
    change.push.length = 0;
    change.list = activation.parked = undefined;
  }

  /** @param floor the youngest opening time of a stream that was forgotten and might be published once more */
  build(lease: Lease, outbox: Outbox, answerRetentionMs: number, floor: number): CommitRecord {
    return {
      fence: lease.fence,
      nonce: lease.nonce,
      seq: this.seq,
      states: Array.from(this.states, ([address, state]) => ({ address, state })),
      rows: this.#rows(),
      ...(this.#forgotten.length > 0 && { floor }),
      answers: this.answers,
      settled: this.settled,
      erased: this.erased,
      stored: this.#parked === undefined ? none : this.#stored(this.#parked),
      reminders:
        this.#reminders === undefined ? none : Array.from(this.#reminders, ([id, reminder]) => ({ id, reminder })),
      out: this.out.length === 0 ? none : outbox.number(this.out, lease.fence),
      outTrim: this.#trims === undefined ? none : Array.from(this.#trims, ([target, upTo]) => ({ target, upTo })),
      marks: this.#marks === undefined ? none : Array.from(this.#marks, ([identity, mark]) => ({ identity, mark })),
      holds: this.#holds === undefined ? none : Array.from(this.#holds, ([address, hold]) => ({ address, hold })),
      due: this.#due === undefined ? none : Array.from(this.#due, ([address, dueAt]) => ({ address, dueAt })),
      answerRetentionMs,
    };
  }

  /** One write per stream: a forgotten one that was opened again since stays, in whatever order the store writes. */
  #rows(): RowWrite[] {
    const written = this.streams.map((stream): RowWrite => ({ stream: stream.name, row: stream.row() }));
    const forgotten = this.#forgotten.filter((name) => !this.streams.some((stream) => stream.name === name));
    return forgotten.map((stream): RowWrite => ({ stream, row: undefined })).concat(written);
  }

  #stored(parked: Map<string, ParkedChange>): StoredWrite[] {
    return Array.from(parked, ([address, { shift, unshift, push, list }]) => {
      if (list) list.persisted = list.entries.length;
      return { address, shift, unshift, push };
    });
  }

  #add(activation: Parking, entry: Inbound, bytes: number): ParkedChange {
    entry.park(bytes);
    const parked = (activation.parked ??= { entries: [], persisted: 0, bytes: 0 });
    parked.bytes += bytes;
    const change = this.#change(activation);
    change.list = parked;
    return change;
  }

  #change(activation: Parking): ParkedChange {
    this.#parked ??= new Map();
    let change = this.#parked.get(activation.address);
    if (!change) {
      change = { shift: 0, unshift: [], push: [], list: activation.parked };
      this.#parked.set(activation.address, change);
    }
    return change;
  }
}

/** The text a message is kept under while it waits in the store. */
export function storedText(inbound: Inbound, message: Message = inbound.message): string {
  const { identity, attempts, notBefore, sentAt } = inbound;
  const stored: StoredMessage = {
    identity,
    message,
    attempts,
    notBefore,
    publication: message.kind === "ask" && message.id !== undefined ? inbound.publication : undefined,
    sentAt: sentAt > 0 ? sentAt : undefined,
  };
  return JSON.stringify(stored);
}
