import { TransactionMetrics } from "../transactions/transaction-metrics.js";
import type { HostedType } from "../worker/activation.js";
import type { Ending } from "../worker/ending.js";
import type { Inbound } from "../worker/inbound.js";
import { MailboxMetrics } from "./mailbox-metrics.js";
import type { Meter } from "./meter.js";
import type { Tally } from "./tally.js";
import { TypeMetrics, unknown } from "./type-metrics.js";

/** What a worker measures beside its hosted types. */
export class Metrics {
  readonly transactions: TransactionMetrics;
  readonly #meter: Meter;
  readonly #types: ReadonlyMap<string, HostedType>;
  readonly #unknown: TypeMetrics;
  readonly #mailboxes = new Map<string, MailboxMetrics>();

  constructor(meter: Meter, types: ReadonlyMap<string, HostedType>) {
    this.#meter = meter;
    this.#types = types;
    this.transactions = new TransactionMetrics(meter.telemetry);
    this.#unknown = new TypeMetrics(meter, unknown, []);
  }

  /** Of the type of an address, as somebody sent it; all types that are not hosted here are one. */
  typeOf(address: string): TypeMetrics {
    return this.#types.get(address.slice(0, address.indexOf("/")))?.metrics ?? this.#unknown;
  }

  /** @param tally of the commit a message ends with; `undefined`: there is nothing to wait for */
  ended(inbound: Inbound, ending: Ending, tally: Tally | undefined): void {
    if (this.#meter.telemetry.measuring) this.typeOf(inbound.message.to).ended(inbound, ending, tally);
  }

  mailbox(name: string): MailboxMetrics {
    let metrics = this.#mailboxes.get(name);
    if (metrics === undefined) this.#mailboxes.set(name, (metrics = new MailboxMetrics(this.#meter, name)));
    return metrics;
  }
}
