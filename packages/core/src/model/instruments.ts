/** What an instrument measures, for `/metrics`, OpenTelemetry and the docs alike. */
export interface Instrument {
  /** As in UCUM: `s`, `By`, `{message}`. */
  readonly unit: string;
  /** One sentence for operators. */
  readonly help: string;
  /** Names of its labels. Their values are few and known beforehand: none is ever an actor's key, or a name from outside. */
  readonly labels: readonly string[];
}

export interface Histogram extends Instrument {
  /** Upper bounds of its buckets. */
  readonly buckets: readonly number[];
}

/** From 0.1 ms, what a turn without waiting takes, to a minute, where a time-out ends most of them. */
const seconds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
/** From 5 ms, what an alarm takes that rings at its time, to a day, for which a system may have stood still. */
const lateness = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400];
const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
const bytes = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

/**
 * Only rise. A type that a worker does not host is `unknown` as a label, and so is a handler that its type does not have: both
 * names come from whoever sent the message.
 */
export const counters = {
  "actor.messages": {
    unit: "{message}",
    help: "Messages that ended at their owner. outcome: ok, rejected (by the handler), failed (its caller has the error), retried, dead, refused (its turn never began) or repeated (it was done before).",
    labels: ["type", "handler", "outcome"],
  },
  "actor.dead_letters": { unit: "{message}", help: "Messages that became dead letters.", labels: ["type"] },
  "actor.parked": {
    unit: "{message}",
    help: "Messages stored behind a slow actor or for another attempt.",
    labels: ["type"],
  },
  "actor.redeliveries": { unit: "{frame}", help: "Frames the broker delivered again.", labels: [] },
  "actor.duplicates": { unit: "{message}", help: "Messages dropped because they had taken effect before.", labels: [] },
  "transaction.ended": {
    unit: "{transaction}",
    help: "Transactions that ended at who began them, a program or the turn of a @Transactional handler. outcome: committed, aborted (reason says why), in_doubt (nobody said whether it committed) or failed (it could not begin). reason: none unless aborted.",
    labels: ["outcome", "reason"],
  },
  "transaction.commits": {
    unit: "{transaction}",
    help: "Transactions that committed. path: partition (all members are in one, whose commit decides) or coordinator.",
    labels: ["path"],
  },
  "transaction.wounds": {
    unit: "{transaction}",
    help: "Transactions that held an actor an older one waited for, so that their coordinators were asked to abort them.",
    labels: [],
  },
  "transaction.retries": {
    unit: "{attempt}",
    help: "Attempts after one that gave way, or that lost an actor, of programs and of @Transactional handlers.",
    labels: [],
  },
  "transaction.recoveries": {
    unit: "{transaction}",
    help: "Transactions of @Transactional handlers that a new owner found unfinished.",
    labels: [],
  },
  "transaction.contradictions": {
    unit: "{contradiction}",
    help: "Times an actor heard that an operator had a transaction commit, and that its caller gave it up.",
    labels: [],
  },
  "actor.reminder.ticks": {
    unit: "{tick}",
    help: "Ticks of reminders that came to their turn. outcome: ok, retried (it failed, and runs again), dead (it failed too often or for good; its reminder goes on), skipped (missed, of a reminder that leaves such ticks out) or stale (its reminder was cancelled or set anew, or had this tick before).",
    labels: ["type", "outcome"],
  },
  "actor.fence_refusals": {
    unit: "{commit}",
    help: "Commits the store refused because another worker owns the partition.",
    labels: [],
  },
  "actor.partitions_taken": {
    unit: "{partition}",
    help: "Partitions this worker began to serve.",
    labels: ["mailbox"],
  },
  "actor.partitions_released": {
    unit: "{partition}",
    help: "Partitions handed over in good order.",
    labels: ["mailbox"],
  },
  "actor.partitions_lost": {
    unit: "{partition}",
    help: "Partitions lost without a handoff; they are taken anew.",
    labels: ["mailbox"],
  },
  "actor.partitions_rewound": {
    unit: "{partition}",
    help: "Partitions taken anew because the store had lost writes.",
    labels: [],
  },
  "actor.brake_trips": {
    unit: "{trip}",
    help: "Times a type was braked because too many of its turns failed.",
    labels: ["type"],
  },
  "actor.lock.lost": {
    unit: "{lock}",
    help: "Locks this process lost while it held them: the lease ended, or somebody broke the lock.",
    labels: [],
  },
  "actor.lock.unclaimed": {
    unit: "{offer}",
    help: "Locks offered to this process that were gone before it could claim them.",
    labels: [],
  },
  "actor.lock.refused": {
    unit: "{message}",
    help: "Messages refused because somebody took the lock of their caller later.",
    labels: ["type"],
  },
  "stream.refused": { unit: "{stream}", help: "Streams of senders that an owner did not take.", labels: ["code"] },
  "stream.gap_messages": {
    unit: "{message}",
    help: "Numbers of a sender's stream that were passed because broker or store had lost them.",
    labels: ["cause"],
  },
  "store.commit_failures": {
    unit: "{commit}",
    help: "Commits the store did not answer; each is sent again, the same bytes, until its outcome is known.",
    labels: [],
  },
  "store.reconnects": {
    unit: "{connection}",
    help: "Connections to the store made anew after one was lost.",
    labels: ["purpose"],
  },
  "store.rewound_commits": { unit: "{commit}", help: "Commits the store acknowledged and then lost.", labels: [] },
  "actor.replies_dropped": {
    unit: "{answer}",
    help: "Answers not sent because the broker was away or backed up; their callers ask again.",
    labels: [],
  },
  "broker.reconnects": { unit: "{connection}", help: "Connections made anew after one was lost.", labels: ["purpose"] },
  "broker.connections_lost": { unit: "{connection}", help: "Connections lost without our doing.", labels: ["purpose"] },
  "broker.channels_lost": {
    unit: "{channel}",
    help: "Channels of partitions and pools lost without our doing.",
    labels: [],
  },
  "broker.blocked": {
    unit: "{time}",
    help: "Times the broker blocked publishing, for want of memory or disk.",
    labels: [],
  },
  "broker.confirm_timeouts": {
    unit: "{channel}",
    help: "Publishing channels closed because a confirm did not come in time.",
    labels: [],
  },
  "broker.foreign_frames": {
    unit: "{frame}",
    help: "Frames whose headers could not be read: somebody else publishes into a mailbox.",
    labels: [],
  },
} as const satisfies Record<string, Instrument>;

/** Distributions. */
export const histograms = {
  "actor.turn.duration": {
    unit: "s",
    help: "From the beginning of a turn until its handler has returned or failed; the commit comes after.",
    labels: ["type", "handler"],
    buckets: seconds,
  },
  "actor.mailbox.wait": {
    unit: "s",
    help: "For how long a message could have run, from its first publication, from when it was due or from the time of its next attempt, until its turn begins; the way through the broker included.",
    labels: ["type"],
    buckets: seconds,
  },
  "actor.ask.duration": {
    unit: "s",
    help: "From an ask or query until its caller has the answer. outcome: ok, rejected, timeout, overloaded, cancelled or failed. A handler is `unknown` until it has answered once.",
    labels: ["type", "handler", "outcome"],
    buckets: seconds,
  },
  "actor.commit.duration": {
    unit: "s",
    help: "From the writing of a commit until it is known to have succeeded, repeats included.",
    labels: ["mailbox"],
    buckets: seconds,
  },
  "actor.commit.messages": {
    unit: "{message}",
    help: "Messages that ended in one commit.",
    labels: ["mailbox"],
    buckets: counts,
  },
  "actor.commit.size": {
    unit: "By",
    help: "Size of the states and the tells that one commit writes; characters beyond ASCII count as one byte.",
    labels: ["mailbox"],
    buckets: bytes,
  },
  "actor.reminder.lateness": {
    unit: "s",
    help: "From when the tick of a reminder was due until its first turn begins.",
    labels: ["type"],
    buckets: lateness,
  },
  "actor.lock.wait.duration": {
    unit: "s",
    help: "From asking for a lock, or several together, until it is had or not. outcome: acquired, busy (not waited for), timeout, deadlock, cancelled or failed.",
    labels: ["outcome"],
    buckets: seconds,
  },
  "actor.lock.hold.duration": {
    unit: "s",
    help: "From having a lock, or several together, until it is given back.",
    labels: [],
    buckets: seconds,
  },
  "transaction.duration": {
    unit: "s",
    help: "From the beginning of a transaction until its end, all attempts included; outcome as for transaction.ended.",
    labels: ["outcome"],
    buckets: seconds,
  },
  "actor.takeover.duration": {
    unit: "s",
    help: "From having a partition's lease until its messages come: reading it from the store, opening its channel.",
    labels: ["mailbox"],
    buckets: seconds,
  },
  "actor.handoff.duration": {
    unit: "s",
    help: "From giving a partition up until its lease is given back: running turns end, the last commit is known.",
    labels: ["mailbox"],
    buckets: seconds,
  },
} as const satisfies Record<string, Histogram>;

/** Read whenever somebody looks. */
export const levels = {
  "actor.activations": { unit: "{actor}", help: "Actors in the memory of this worker.", labels: ["type"] },
  "actor.turns": { unit: "{turn}", help: "Turns and queries that run now.", labels: ["type"] },
  "actor.concurrency.running": {
    unit: "{turn}",
    help: "Asynchronous turns and queries that count against the limit of their type; a chain of asks counts once, where it began.",
    labels: ["type"],
  },
  "actor.concurrency.waiting": {
    unit: "{actor}",
    help: "Actors whose next message waits for an asynchronous turn to end, because as many run as may.",
    labels: ["type"],
  },
  "actor.concurrency.limit": {
    unit: "{turn}",
    help: "Asynchronous turns of the type that may run in this worker at a time.",
    labels: ["type"],
  },
  "actor.mailbox.depth": {
    unit: "{message}",
    help: "Messages this worker has taken and not begun. where: memory, parked (stored behind a slow actor or for another attempt) or delayed (not due yet). What still waits in the broker is not among them.",
    labels: ["type", "where"],
  },
  "actor.mailbox.oldest": {
    unit: "s",
    help: "Age of the oldest message that waits in memory or parked, from its first publication or from when it was due; 0 when none waits.",
    labels: ["type"],
  },
  "actor.ready": {
    unit: "{check}",
    help: "1 while a check of /readyz is ok, else 0.",
    labels: ["check"],
  },
  "actor.mailbox.partitions": {
    unit: "{partition}",
    help: "Partitions the mailbox has, whoever serves them.",
    labels: ["mailbox"],
  },
  "actor.partitions": { unit: "{partition}", help: "Partitions this worker serves.", labels: ["mailbox"] },
  "actor.outbox.size": {
    unit: "By",
    help: "Tells that are committed, or about to be, and not yet confirmed by the broker.",
    labels: ["mailbox"],
  },
  "actor.calls": {
    unit: "{call}",
    help: "Asks, queries and tells of this process that wait for their answer or confirm.",
    labels: [],
  },
  "actor.locks": { unit: "{lock}", help: "Locks, or sets of them, that this process holds.", labels: [] },
  "actor.lock.waiting": {
    unit: "{lock}",
    help: "Locks, or sets of them, that this process waits for, or asks for just now.",
    labels: [],
  },
  "transaction.held": {
    unit: "{actor}",
    help: "Actors of this worker that transactions hold, so that others wait for them.",
    labels: [],
  },
  "transaction.held.oldest": {
    unit: "s",
    help: "Age of the oldest transaction that holds an actor of this worker, all its attempts included; 0 when none does.",
    labels: [],
  },
  "transaction.held.overdue": {
    unit: "s",
    help: "For how long a transaction that holds an actor of this worker could have ended, because its time was over: it is in doubt; 0 when none is.",
    labels: [],
  },
  "process.event_loop.delay": {
    unit: "s",
    help: "How late the event loop was since the last look. stat: p99 or max. Near the lease (10 s) the worker is ended.",
    labels: ["stat"],
  },
} as const satisfies Record<string, Instrument>;

export type CounterName = keyof typeof counters;
export type HistogramName = keyof typeof histograms;
export type LevelName = keyof typeof levels;
