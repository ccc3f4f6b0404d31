import { type Cancel, decideHere, parseAddress, type TraceHeaders } from "@actor-runtime/core";
import type { Conclusion } from "../transactions/transaction-end.js";
import type { Hold } from "./hold.js";
import type { Participants } from "./participants.js";
import type { PartitionScope } from "./scope.js";

/** A coordinator that does not answer is asked again after this time (ms). */
const againMs = 1_000;

/** Commits transactions whose participants are all in one partition: its commit decides and applies, and nobody else is asked. */
export class OnePartitionCommit {
  readonly #scope: PartitionScope;
  readonly #participants: Participants;
  readonly #pauses = new Set<Cancel>();

  constructor(scope: PartitionScope, participants: Participants) {
    this.#scope = scope;
    this.#participants = participants;
  }

  close(): void {
    for (const cancel of this.#pauses) cancel();
  }

  /** All participants are here: one commit decides for them. */
  decide(
    id: string,
    until: number,
    addresses: readonly string[],
    trace: TraceHeaders | undefined,
    decided: (conclusion: Conclusion) => void,
  ): void {
    const { waits, inquiries } = this.#participants;
    const holdings = addresses.map((address) => this.#hosted(address)?.find(id));
    const again = () => this.decide(id, until, addresses, trace, decided);
    const unsettled = holdings.find((holding) => holding !== undefined && !waits.isSettled(holding.hold));
    if (unsettled !== undefined) {
      waits.whenSettled(unsettled.hold, again);
      return;
    }
    const states = holdings.map((holding) => holding?.state);
    const step = decideHere(states, until, this.#scope.services.time.now());
    if (step === "wait") {
      const asking = holdings.find((holding) => holding?.state === "asking")!;
      waits.add(asking.hold, again);
      return;
    }
    if (step === "commit") {
      const conclusion = { kind: "committed" } as const;
      for (const holding of holdings) {
        this.#participants.conclude(waits.activationOf(holding!.hold)!, holding!, conclusion);
      }
      decided(conclusion);
      return;
    }
    // An abort is for the coordinator to record, so that whoever asks again gets the same answer.
    const reason = states.includes(undefined) ? "lost" : "deadline";
    const present = holdings.filter((holding) => holding !== undefined);
    for (const holding of present) holding.state = "asking";
    this.#scope.services.transactions.abort(id, reason, until, trace).then(
      (outcome) => {
        for (const holding of present) inquiries.heard(holding, { kind: "outcome", outcome }, holding.wound);
        if (this.#scope.alive) decided(outcome);
      },
      () => {
        for (const holding of present) inquiries.heard(holding, { kind: "unreachable" }, holding.wound);
        if (this.#scope.alive) this.#afterPause(again);
      },
    );
  }

  /** `undefined`: nobody holds it, or it is hosted elsewhere by now, and what it did in a transaction with it. */
  #hosted(address: string): Hold | undefined {
    const hold = this.#participants.holds.find(address);
    return hold !== undefined && this.#scope.services.types.has(parseAddress(address).type) ? hold : undefined;
  }

  #afterPause(go: () => void): void {
    const cancel = this.#scope.services.ports.clock.after(againMs, () => {
      this.#pauses.delete(cancel);
      go();
    });
    this.#pauses.add(cancel);
  }
}
