/**
 * Names of span attributes: OpenTelemetry's messaging conventions (still in development: version 1.44 of the specification and
 * 1.45 of the packages disagree on the first one, so both names are given) and our own.
 */
export const attributes = {
  system: "messaging.system.name",
  systemUntil144: "messaging.system",
  operation: "messaging.operation.name",
  operationType: "messaging.operation.type",
  destination: "messaging.destination.name",
  batchCount: "messaging.batch.message_count",
  rpcSystem: "rpc.system.name",
  rpcMethod: "rpc.method",
  errorType: "error.type",

  actorType: "actor.type",
  actorKey: "actor.key",
  actorMethod: "actor.method",
  /** Which attempt this is; absent = the first. */
  attempt: "actor.attempt",
  redelivered: "actor.redelivered",
  partition: "actor.partition",
  /** From publication until the turn began. */
  mailboxWait: "actor.mailbox.wait_ms",
  /** From the handler's end until its commit was known. */
  commitWait: "actor.commit.wait_ms",
  commitSeq: "actor.commit.seq",
  /** ok, rejected, failed, retried, dead, refused or repeated. */
  outcome: "actor.outcome",
  delay: "actor.delay_ms",
  stateBytes: "actor.state.bytes",

  /** Names of the locks taken together. */
  lockNames: "actor.lock.names",
  lockMode: "actor.lock.mode",
  lockFence: "actor.lock.fence",
  /** acquired, busy, timeout, deadlock, cancelled or failed. */
  lockOutcome: "actor.lock.outcome",

  /** Of one attempt; of a whole transaction that of its last. */
  txId: "actor.tx.id",
  txAttempts: "actor.tx.attempts",
  /** How many actors took part. */
  txMembers: "actor.tx.members",
  /** Who decides: coordinator, or partition where all members are in one. */
  txPath: "actor.tx.path",
  /** How an actor is held: exclusive or shared. */
  txMode: "actor.tx.mode",
  /** committed, aborted, in_doubt, or failed. */
  txOutcome: "actor.tx.outcome",
  txReason: "actor.tx.reason",
  /** The older transaction that it gave way to. */
  txBy: "actor.tx.by",
} as const;
