import {
  ActorError,
  errorToWire,
  type Participation,
  TransactionAbortedError,
  type TransactionContext,
  type TransactionReply,
  type WireError,
} from "@actor-runtime/core";
import type { CallTransaction } from "../client/call-target.js";
import { abortedError } from "./aborted.js";

/** Who took part in a transaction so far, as the answers to the calls made in it say. */
export class Joined implements CallTransaction {
  readonly context: TransactionContext;
  readonly #members = new Map<string, Participation>();
  readonly #taken = new Map<string, number>();
  /** Those that are under way, and whom they call. */
  readonly #calls = new Map<Promise<unknown>, string>();
  /** Why it cannot commit any more; the first reason counts. */
  doomed: WireError | undefined;

  constructor(context: TransactionContext) {
    this.context = context;
  }

  get members(): Readonly<Record<string, Participation>> {
    return Object.fromEntries(this.#members);
  }

  get size(): number {
    return this.#members.size;
  }

  has(address: string): boolean {
    return this.#members.has(address);
  }

  /**
   * Who wrote once has written, whatever else it did.
   *
   * @param taken when the transaction took the actor; another time than before says that what was done before is lost
   */
  add(address: string, participation: Participation, taken: number | undefined): void {
    if (this.#members.get(address) !== "write") this.#members.set(address, participation);
    if (taken === undefined) return;
    const before = this.#taken.get(address);
    if (before === undefined) this.#taken.set(address, taken);
    else if (before !== taken) this.doom(abortedError(this.context.id, { reason: "lost" }));
  }

  /**
   * A call in it is under way: only its answer says who took part. Without one nobody knows, and the transaction is doomed.
   *
   * @returns the call
   */
  calling<R>(address: string, call: Promise<R>): Promise<R> {
    this.#calls.set(call, address);
    call.then(
      () => this.#calls.delete(call),
      (error: unknown) => {
        this.#calls.delete(call);
        if (!(error instanceof ActorError) || error.effect === "none") return;
        const { id } = this.context;
        this.doom(
          new TransactionAbortedError(
            `transaction ${id}: it is not known whether a call in it took effect`,
            { reason: "lost", transaction: id },
            { cause: error },
          ),
        );
      },
    );
    return call;
  }

  /** Calls are under way. */
  get outstanding(): boolean {
    return this.#calls.size > 0;
  }

  /**
   * Resolves when those that are under way were answered.
   *
   * @throws what the first of them fails with
   */
  async answered(): Promise<void> {
    await Promise.all(this.#calls.keys());
  }

  /** Those that may have taken part, as far as is known: where a call is still under way, it may have come or not. */
  get called(): ReadonlySet<string> {
    return new Set([...this.#members.keys(), ...this.#calls.values()]);
  }

  joined({ members, taken, doomed }: TransactionReply): void {
    for (const [address, participation] of Object.entries(members)) {
      this.add(address, participation, taken?.[address]);
    }
    this.doomed ??= doomed;
  }

  doom(error: ActorError): void {
    this.doomed ??= errorToWire(error);
  }

  /** What the answer to a call tells its caller. */
  get reply(): TransactionReply {
    const { members, doomed } = this;
    return { id: this.context.id, members, taken: Object.fromEntries(this.#taken), ...(doomed && { doomed }) };
  }
}
