import { type PartitionId, parseAddress } from "@actor-runtime/core";
import type { Tracing } from "../tracing/tracing.js";
import { checkNotHeld } from "../transactions/transaction-scope.js";
import { type CallDetails, callTarget } from "./call-target.js";
import type { Calls } from "./calls.js";

const askDetails: CallDetails = {
  timeoutMs: 30_000,
  signal: undefined,
  headers: undefined,
  id: undefined,
  chain: undefined,
  dueAt: undefined,
};

/** Asks actors for what the system itself does to them (`system-handlers.ts`): each is a message like any other. */
export class OperatorCalls {
  readonly #calls: Calls;
  readonly #tracing: Tracing;

  constructor(calls: Calls, tracing: Tracing) {
    this.#calls = calls;
    this.#tracing = tracing;
  }

  /** @param argsText in wire form */
  ask(
    partition: PartitionId,
    address: string,
    handler: string,
    argsText: string,
    locks?: CallDetails["locks"],
  ): Promise<unknown> {
    checkNotHeld(address, undefined);
    const { type, key } = parseAddress(address);
    const target = callTarget(address, "ask", handler);
    const span = this.#tracing.on ? this.#tracing.ask({ handler, target: { type, key, known: undefined } }) : undefined;
    return this.#tracing.follow(span, () =>
      this.#calls.ask(partition, target, argsText, { ...askDetails, locks, span, trace: span?.headers }),
    );
  }
}
