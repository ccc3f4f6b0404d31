/** Exit codes; those from 64 on are named in sysexits.h. A forced end by signal is 128 + its number. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Broker, store or worker cannot be reached. */
  unreachable: 69,
  /** The watchdog ended a process whose event loop stood still. */
  stuck: 70,
  /** A setting, an actor class or the surroundings are wrong. */
  config: 78,
} as const;
