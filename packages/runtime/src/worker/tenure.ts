import {
  type ActorError,
  type Answer,
  type Channel,
  type Lease,
  LostOwnershipError,
  type Mailbox,
  type PartitionId,
  type PartitionImage,
  parseAddress,
  type TraceHeaders,
} from "@actor-runtime/core";
import { systemMailbox } from "../definition/system-actor.js";
import { typeBounds } from "../options.js";
import { Activations } from "./activations.js";
import { commitHost } from "./commit-host.js";
import { CommitLog } from "./commit-log.js";
import { DelayedMessages } from "./delayed.js";
import { Deliveries } from "./deliveries.js";
import { Foreign } from "./foreign.js";
import { parseHolds } from "./hold.js";
import { KeptAnswers } from "./kept-answers.js";
import { Marks } from "./marks.js";
import { OnePartitionCommit } from "./one-partition-commit.js";
import { Outbox } from "./outbox.js";
import { OutboxTrim } from "./outbox-trim.js";
import { OwnTransactions } from "./own-transactions.js";
import { Participants } from "./participants.js";
import { ReadBatch } from "./read-batch.js";
import { Recipients } from "./recipients.js";
import { Scheduler } from "./scheduler.js";
import type { PartitionScope } from "./scope.js";
import type { WorkerServices } from "./services.js";
import { Settlement } from "./settlement.js";
import { learnCoordinators, storedCoordinators } from "./stored-coordinators.js";
import { Streams } from "./streams.js";
import { Ticks } from "./ticks.js";
import { TransactionWords } from "./transaction-words.js";

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
  /** A worker with a newer build may serve the partition, too. */
  readonly outdated: boolean;
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
  readonly recipients: Recipients;
  readonly deliveries: Deliveries;
  readonly #here: OnePartitionCommit;
  readonly #trim = new OutboxTrim(this);
  readonly #host: TenureHost;
  #lease: Lease;
  #alive = true;

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
    this.commits = new CommitLog(commitHost(this), image.seq);
    this.streams = new Streams(image.rows, image.floor, services.limits, services.ports.clock.monotonic());
    const { maxOutboxBytes } = services.limits;
    this.outbox = new Outbox(partition, services.lanes, image.outNumbers, maxOutboxBytes, (target, number) =>
      this.#trim.confirmed(target, number),
    );
    this.marks = new Marks(this, image.marks, incarnation);
    this.activations = new Activations(this);
    const settlement = new Settlement(this);
    this.participants = new Participants(this);
    this.#here = new OnePartitionCommit(this, this.participants);
    const words = new TransactionWords(this, settlement, this.participants, this.#here);
    this.recipients = new Recipients(this, words);
    const own = new OwnTransactions(this, settlement, this.participants, this.#here);
    this.participants.own = own;
    this.scheduler = new Scheduler(this, settlement, this.participants, own);
    this.delayed = new DelayedMessages({
      maxBytes: services.limits.maxDelayedBytes,
      boundsOf: (address) => typeBounds(services.limits, parseAddress(address).type),
      wait: (delayed, untilMs) => services.timers.set(delayed, Math.max(0, untilMs - services.time.now())),
      forget: (delayed) => services.timers.delete(delayed),
      due: (inbound) => this.recipients.enqueue(inbound),
    });
    this.answers = new ReadBatch(
      services.ports.clock,
      (keys) => services.ports.store.readAnswers(partition, keys),
      (error) => this.lose(new LostOwnershipError("answers could not be read", { cause: error })),
    );
    this.deliveries = new Deliveries(this, prefetch, (holes, overdue) => host.wedged(this, holes, overdue));
    this.outbox.adopt(image.outbox);
    this.delayed.adopt(image.reminders);
    this.participants.holds.adopt(holds);
    for (const [address, texts] of image.stored) this.recipients.adopt(address, texts);
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
    return this.commits.idle && this.deliveries.idle && this.answers.idle && this.activations.idle;
  }

  consume(channel: Channel): void {
    this.streams.consuming(this.services.ports.clock.monotonic());
    this.deliveries.opened(channel);
    if (this.mailbox.name === systemMailbox) learnCoordinators(this);
  }

  renewed(lease: Lease): void {
    this.#lease = lease;
    this.deliveries.leaseRenewed();
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

  get outdated(): boolean {
    return this.#host.outdated;
  }

  /** T5. Drops everything; the messages come again, to whoever consumes next. */
  lose(reason: ActorError): void {
    if (!this.#alive) return;
    void this.end(reason);
    this.#host.lost(reason);
  }

  /** Ends without telling the host; resolves once the channel is closed. */
  async end(reason: ActorError): Promise<void> {
    if (!this.#alive) return;
    this.#alive = false;
    this.#trim.close();
    this.commits.close(reason);
    this.answers.close();
    this.activations.close(reason);
    this.#here.close();
    this.participants.close(reason);
    this.delayed.close();
    this.outbox.close();
    await this.deliveries.close();
  }
}
