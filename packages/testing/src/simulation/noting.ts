import { ActorContext, inject, Query, State } from "@actor-runtime/runtime";
import type { Effect, Seen, SentOn } from "../checkers/history.js";
import { Probe } from "./probe.js";

/** How often a turn fails after it has done everything it does. */
const failureRate = 0.05;

/** Notes each message it handles, with what it sent meanwhile, and says so. */
export abstract class Noting {
  protected readonly self = inject(ActorContext);
  protected readonly probe = inject(Probe);
  @State() protected readonly effects: Effect[] = [];
  readonly #activation = this.probe.activation(this.self.address);

  @Query() async seen(message: string): Promise<Seen> {
    const { address } = this.self;
    return this.probe.turn({ kind: "query", activation: this.#activation, address, message }, () => this.shown());
  }

  @Query() list(): readonly Effect[] {
    return this.effects;
  }

  /** @param send what the turn sends on, and whatever else it does before it ends */
  protected noting(
    message: string,
    send: () => SentOn[] | Promise<SentOn[]> = () => [],
    fence?: number,
  ): Promise<Seen> {
    const { address } = this.self;
    return this.probe.turn({ kind: "handler", activation: this.#activation, address, message }, async () => {
      const sent = await send();
      const under = fence === undefined ? {} : { fence };
      this.effects.push({ message, activation: this.#activation, ...(sent.length > 0 && { sent }), ...under });
      if (this.self.random() < failureRate) throw new Error("now and then");
      return this.shown();
    });
  }

  protected shown(): Seen {
    return { count: this.effects.length, last: this.effects.at(-1)?.message };
  }
}
