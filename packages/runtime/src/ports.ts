import type {
  Alarms,
  Broker,
  Clock,
  Leases,
  LockLeases,
  Membership,
  Pools,
  Random,
  Store,
  Telemetry,
} from "@actor-runtime/core";

/** Everything the runtime needs from outside; an adapter package gives each. */
export interface Ports {
  readonly broker: Broker;
  readonly store: Store;
  readonly leases: Leases;
  readonly locks: LockLeases;
  readonly membership: Membership;
  readonly alarms: Alarms;
  /** Ends with the broker. */
  readonly pools: Pools;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}
