import {
  type ActorError,
  type Answer,
  type Channel,
  type CommitOutcome,
  type CommitRecord,
  type Delivery,
  type Lease,
  LostOwnershipError,
  type Mailbox,
  messageBytes,
  type OutboxEntry,
  type PartitionId,
  type PartitionImage,
  parseAddress,
  type StoredMessage,
  StoreUnavailableError,
  type TraceHeaders,
} from "@actor-runtime/core";
import { systemMailbox } from "../definition/system-actor.js";
import type { MailboxMetrics } from "../metrics/mailbox-metrics.js";
import { typeBounds } from "../options.js";
import { isErasure, isTransactionWord } from "../system-handlers.js";
import { Activations } from "./activations.js";
import type { CommitGroup } from "./commit-group.js";
import { CommitLog } from "./commit-log.js";
import { DelayedMessages } from "./delayed.js";
import { drain } from "./drain.js";
import { Foreign } from "./foreign.js";
import { Forgetting } from "./forgetting.js";
import { parseHolds } from "./hold.js";
import { HoldWatch } from "./hold-watch.js";
import { Inbound, type OpenDelivery } from "./inbound.js";
import { Inbox } from "./inbox.js";
import { KeptAnswers } from "./kept-answers.js";
import { Marks } from "./marks.js";
import { OnePartitionCommit } from "./one-partition-commit.js";
import { Outbox } from "./outbox.js";
import { OwnTransactions } from "./own-transactions.js";
import { Participants } from "./participants.js";
import { Pulse } from "./pulse.js";
import { ReadBatch } from "./read-batch.js";
import { Scheduler } from "./scheduler.js";
import type { PartitionScope } from "./scope.js";
import type { WorkerServices } from "./services.js";
import { Settlement } from "./settlement.js";
import { learnCoordinators, storedCoordinators } from "./stored-coordinators.js";
import { Streams } from "./streams.js";
import { Ticks } from "./ticks.js";
import { TransactionWords } from "./transaction-words.js";
import { Window } from "./window.js";

/** Confirmed outbox entries leave the store with the next commit, or after this time if there is none. */
const trimDelayMs = 1_000;

/** How a partition was taken. */
export interface Taken {
  readonly lease: Lease;
  readonly image: PartitionImage;
  /** The most unacked frames on its channel. */
  readonly prefetch: number;
  /** Names this life of the worker; see {@link Marks}. */
  readonly incarnation: string;
  /** Of the span in which it was taken; `undefined`: nobody traces. */
  readonly takeover: TraceHeaders | undefined;
}

/** What ends a tenure from inside. */
export interface TenureHost {
  /** The partition is lost; everything of this tenure is dropped already. */
  lost(reason: ActorError): void;
  /**
   * Something is not known to this build (O13).
   *
   * @returns whether the partition passes to a worker with a newer one: then it is left as it is
   */
  tooNew(reason: string): boolean;
  /**
   * Held deliveries fill the window, or waited in vain for the messages missing before them (O2).
   *
   * @param holes what they wait for
   * @param overdue what was waited for as long as it may be
   */
  wedged(tenure: Tenure, holes: readonly string[], overdue: readonly string[]): void;
}

/**
 * One worker's time with one partition, from taking the lease to losing it. All memory of the partition hangs on this
 * object; whatever goes wrong, it is dropped whole and the next tenure begins from the store, so old deliveries never mix
 * with new ones (delivery.md T5).
 */
export class Tenure implements PartitionScope {
  readonly services: WorkerServices;
  readonly mailbox: Mailbox;
  readonly partition: PartitionId;
  readonly index: number;
  readonly commits: CommitLog;
  readonly streams: Streams;
  readonly keptAnswers = new KeptAnswers();
  readonly outbox: Outbox;
  readonly coordinators = storedCoordinators();
  readonly activations: Activations;
  readonly scheduler: Scheduler;
  readonly delayed: DelayedMessages;
  readonly answers: ReadBatch<string, Answer | undefined>;
  readonly marks: Marks;
  /** The store lost writes since the last tenure: holes pass at once (T1, O2). */
  readonly passesHoles: boolean;
  readonly takeover: TraceHeaders | undefined;
  readonly foreign = new Foreign(this);
  readonly participants: Participants;
  readonly ticks = new Ticks(this);
  readonly #here: OnePartitionCommit;
  readonly #words: TransactionWords;
  readonly #inbox: Inbox;
  readonly #holdWatch: HoldWatch;
  readonly #window: Window;
  readonly #pulse: Pulse;
  readonly #forgetting: Forgetting;
  readonly #host: TenureHost;
  readonly #retentionMs: number;
  readonly #metrics: MailboxMetrics;
  #lease: Lease;
  #channel: Channel | undefined;
  /** What was settled before the channel was known. */
  readonly #earlyAcks: number[] = [];
  #alive = true;
  #trimTimer: (() => void) | undefined;

  constructor(
    services: WorkerServices,
    host: TenureHost,
    mailbox: Mailbox,
    partition: PartitionId,
    index: number,
    { lease, image, prefetch, incarnation, takeover }: Taken,
  ) {
    // First of all: nothing runs yet that somebody would have to end where they cannot be read.
    const holds = parseHolds(image.holds);
    this.services = services;
    this.mailbox = mailbox;
    this.partition = partition;
    this.index = index;
    this.#host = host;
    this.#lease = lease;
    this.passesHoles = image.rewound;
    this.takeover = takeover;
    this.#retentionMs = retentionOf(services, mailbox.name);
    this.#metrics = services.metrics.mailbox(mailbox.name);
    this.commits = new CommitLog(
      {
        build: (group) => {
          group.writtenAt = services.ports.clock.monotonic();
          return group.build(this.#lease, this.outbox, this.#retentionMs, this.streams.floor);
        },
        write: (record) => this.#write(record),
        release: (group, record) => this.#release(group, record),
        lose: (reason) => this.lose(reason),
        rewound: () => this.rewound(),
        random: () => services.ports.random.next(),
        after: (ms, task) => services.ports.clock.after(ms, task),
      },
      image.seq,
    );
    this.streams = new Streams(image.rows, image.floor, services.limits, services.ports.clock.monotonic());
    const { maxOutboxBytes } = services.limits;
    this.outbox = new Outbox(partition, services.lanes, image.outNumbers, maxOutboxBytes, (target, number) =>
      this.#trim(target, number),
    );
    this.marks = new Marks(this, image.marks, incarnation);
    this.activations = new Activations(this);
    const settlement = new Settlement(this);
    this.participants = new Participants(this);
    this.#here = new OnePartitionCommit(this, this.participants);
    this.#words = new TransactionWords(this, settlement, this.participants, this.#here);
    const own = new OwnTransactions(this, settlement, this.participants, this.#here);
    this.participants.own = own;
    this.scheduler = new Scheduler(this, settlement, this.participants, own);
    this.delayed = new DelayedMessages({
      maxBytes: services.limits.maxDelayedBytes,
      boundsOf: (address) => typeBounds(services.limits, parseAddress(address).type),
      wait: (delayed, untilMs) => services.timers.set(delayed, Math.max(0, untilMs - services.time.now())),
      forget: (delayed) => services.timers.delete(delayed),
      due: (inbound) => this.enqueue(inbound),
    });
    this.answers = new ReadBatch(
      services.ports.clock,
      (keys) => services.ports.store.readAnswers(partition, keys),
      (error) => this.lose(new LostOwnershipError("answers could not be read", { cause: error })),
    );
    this.#inbox = new Inbox(this);
    this.#window = new Window(this, prefetch);
    this.#pulse = new Pulse(this);
    this.#forgetting = new Forgetting(this, this.#window, this.#inbox);
    this.#holdWatch = new HoldWatch(this.#inbox, services.ports.clock, services.limits.holdMs, prefetch, (overdue) =>
      host.wedged(this, this.#inbox.holes(), overdue),
    );
    this.outbox.adopt(image.outbox);
    this.delayed.adopt(image.reminders);
    this.participants.adopt(holds);
    for (const [address, texts] of image.stored) this.#adoptParked(address, texts);
  }

  /** Whether this tenure still counts. Everything asynchronous looks here before it goes on. */
  get alive(): boolean {
    return this.#alive;
  }

  get lease(): Lease {
    return this.#lease;
  }

  /** By the worker's own clock, which never believes a lease too long. */
  get leaseValid(): boolean {
    return this.services.ports.clock.monotonic() < this.#lease.until;
  }

  /** Nothing runs, waits or is on its way, but for what waits for its time. */
  get idle(): boolean {
    return this.commits.idle && this.#inbox.held === 0 && this.answers.idle && this.activations.idle;
  }

  consume(channel: Channel): void {
    this.#channel = channel;
    this.streams.consuming(this.services.ports.clock.monotonic());
    for (const tag of this.#earlyAcks) channel.ack(tag);
    if (this.mailbox.name === systemMailbox) learnCoordinators(this);
  }

  renewed(lease: Lease): void {
    this.#lease = lease;
    this.#holdWatch.leaseRenewed();
  }

  deliver(delivery: Delivery): void {
    if (!this.#alive) return;
    this.#pulse.heard();
    if (delivery.redelivered) this.services.ports.telemetry.count("actor.redeliveries", 1);
    this.#window.took(delivery);
    this.#inbox.deliver(delivery);
    this.#window.check();
  }

  /** Puts a message into its actor's queue. */
  enqueue(inbound: Inbound): void {
    if (!this.#alive) return;
    const { to } = inbound.message;
    const hosted = this.services.types.get(to.slice(0, to.indexOf("/")));
    if (!hosted) {
      // A delayed message that became due before anybody hosts its type again.
      this.foreign.take(inbound);
      return;
    }
    if (isTransactionWord(inbound.message)) {
      this.#words.receive(inbound);
      return;
    }
    const activation = this.activations.get(hosted, to, inbound.message.trace);
    if (isErasure(inbound.message)) {
      this.scheduler.erase(activation, inbound);
      return;
    }
    activation.enqueue(inbound);
    this.scheduler.pump(activation);
  }

  /** One message of a frame is settled without a commit of its own; the last one acks the frame (O9). */
  settleDelivery(open: OpenDelivery): void {
    if (--open.open > 0) return;
    const { delivery } = open;
    this.#window.acked(delivery);
    if (this.#channel) this.#channel.ack(delivery.tag);
    else this.#earlyAcks.push(delivery.tag);
  }

  /** Some delivery is held back, or none any more. */
  holding(held: boolean): void {
    if (held && this.#alive) this.#holdWatch.watch();
    else this.#holdWatch.stop();
  }

  /** The broker or the store has lost a confirmed message: what was held for it goes on (O2). */
  passHoles(holes: readonly string[]): void {
    this.#inbox.passHoles(holes);
    this.commits.commitSoon();
  }

  /**
   * Forgets senders that were silent for long (A.8); to be called every second or so.
   *
   * @param now in ms by the clock's `monotonic()`
   */
  forgetStreams(now: number): void {
    if (this.#channel !== undefined) this.#forgetting.look(now);
  }

  /** Its queue may have stopped delivering: to be called every second or so. */
  checkPulse(): void {
    // While the window is full nothing is meant to come.
    if (this.#channel === undefined || this.#window.full) return;
    if (!this.#pulse.isLost()) return;
    this.lose(new LostOwnershipError(`${this.partition}: its queue delivers nothing any more`));
  }

  /** The store went back in time, here or in another partition (A.5). It knows itself which commits it lost, and says so. */
  rewound(): void {
    if (!this.#alive) return;
    this.services.ports.telemetry.count("actor.partitions_rewound", 1);
    this.lose(new LostOwnershipError(`${this.partition}: the store lost writes it had acknowledged`));
  }

  tooNew(reason: string): boolean {
    return this.#host.tooNew(reason);
  }

  /** T4. Resolves when nothing runs any more and the channel is closed, or after the grace with what still runs revoked. */
  async drain(until: () => number): Promise<void> {
    if (this.#alive) await drain(this, until);
  }

  /** T5. Drops everything; the messages come again, to whoever consumes next. */
  lose(reason: ActorError): void {
    if (!this.#alive) return;
    void this.end(reason);
    this.#host.lost(reason);
  }

  /** Ends without telling the host. The channel is closed, never just cancelled: its unacked frames return in order. */
  async end(reason: ActorError): Promise<void> {
    if (!this.#alive) return;
    this.#alive = false;
    this.#holdWatch.stop();
    this.#trimTimer?.();
    this.#window.close();
    this.commits.close(reason);
    this.answers.close();
    this.activations.close(reason);
    this.#here.close();
    this.participants.close(reason);
    this.delayed.close();
    this.outbox.close();
    await this.#channel?.close();
  }

  /** A refusal is counted also when it reaches a tenure that has ended meanwhile: it shows that the fence held (P6). */
  async #write(record: CommitRecord): Promise<CommitOutcome> {
    const { store, telemetry } = this.services.ports;
    try {
      const outcome = await store.commit(this.partition, record);
      if (outcome === "fenced") telemetry.count("actor.fence_refusals", 1);
      return outcome;
    } catch (error) {
      if (error instanceof StoreUnavailableError) telemetry.count("store.commit_failures", 1);
      throw error;
    }
  }

  /** The commit is known: now, and in this order, outputs and acks may leave (P5, O10). */
  #release(group: CommitGroup, record: CommitRecord): void {
    this.outbox.relay(record.out);
    for (const { to, text } of group.replies) this.services.replies.add(to, text);
    for (const delivery of group.deliveries) this.settleDelivery(delivery);
    if (group.alarms !== undefined) this.services.alarms.set(group.alarms);
    if (group.silenced !== undefined) this.services.alarms.cancel(group.silenced);
    this.#metrics.committed(record, group.tally, group.writtenAt);
  }

  #trim(target: OutboxEntry["target"], number: number): void {
    if (!this.#alive) return;
    this.commits.gathering.trim(target, number);
    this.#trimTimer ??= this.services.ports.clock.after(trimDelayMs, () => {
      this.#trimTimer = undefined;
      if (!this.#alive) return;
      this.commits.gathering.mustWrite = true;
      this.commits.commitSoon();
    });
  }

  /** Messages stored for an actor come before everything else that waits for it (O4). */
  #adoptParked(address: string, texts: readonly string[]): void {
    const hosted = this.services.types.get(parseAddress(address).type);
    const sizes = texts.map(messageBytes);
    if (!hosted) {
      this.foreign.adopt(address, sizes);
      return;
    }
    if (texts.length === 0) return;
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const entries = texts.map((text, index) => {
      const stored = JSON.parse(text) as StoredMessage;
      const inbound = Inbound.parked(stored.message, stored, true);
      inbound.park(sizes[index]!);
      if (inbound.repeats !== undefined) this.keptAnswers.repeatAccepted(inbound.repeats);
      return inbound;
    });
    const activation = this.activations.get(hosted, address);
    activation.parked = { entries, persisted: entries.length, bytes };
    // Those that came while nobody hosted the type here.
    for (const inbound of entries) {
      if (isTransactionWord(inbound.message)) this.#words.receive(inbound);
      else activation.await(inbound);
    }
  }
}

/** Answers of a partition are kept as long as the type with the longest retention wants. */
function retentionOf({ types }: WorkerServices, mailbox: string): number {
  let retentionMs = 0;
  for (const { definition } of types.values()) {
    if (definition.mailbox.name === mailbox) retentionMs = Math.max(retentionMs, definition.replyRetentionMs);
  }
  return retentionMs;
}
