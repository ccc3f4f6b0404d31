import type { Alarms, Broker, Clock, Leases, Membership, Random, Store, Telemetry } from "@actor-runtime/core";
/** Everything the runtime needs from outside; an adapter package gives each. */
export interface Ports {
    readonly broker: Broker;
    readonly store: Store;
    readonly leases: Leases;
    readonly membership: Membership;
    readonly alarms: Alarms;
    readonly clock: Clock;
    readonly random: Random;
    readonly telemetry: Telemetry;
}
type LogFields = Readonly<Record<string, unknown>>;
/** Structured log, the shape of pino: fields first, then the line. */
export interface Logger {
    debug(fields: LogFields, line: string): void;
    info(fields: LogFields, line: string): void;
    warn(fields: LogFields, line: string): void;
    error(fields: LogFields, line: string): void;
}
export {};
//# sourceMappingURL=ports.d.ts.map