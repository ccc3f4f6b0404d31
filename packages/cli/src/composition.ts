import type { Logger, Telemetry } from "@actor-runtime/core";
import type { Ports } from "@actor-runtime/runtime";

/** The adapters of a process, and how to let go of all of them. */
export interface Composition {
  readonly ports: Ports;
  readonly close: () => Promise<void>;
}

export interface ComposeOptions {
  readonly log: Logger;
  /** How broker and store list this process' connections. */
  readonly connectionName: string;
  /** Who is told what happens. Default: nobody. */
  readonly telemetry?: Telemetry | undefined;
  /** Ties the broker to the store although it belongs to another, and has every partition taken over anew. */
  readonly adopt?: boolean;
}
