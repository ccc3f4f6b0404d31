import { Actor, ActorContext, Handler, inject, Query, State } from "@actor-runtime/runtime";

/** A tick that took effect: of which reminder, when it was due and when it ran, in ms since 1970. */
export interface Ticked {
  readonly name: string;
  readonly dueAt: number;
  readonly at: number;
}

/** Keeps a journal of its ticks, which commits with them. */
@Actor("Subscription")
export class Subscription {
  private readonly self = inject(ActorContext);
  @State() private readonly ticked: Ticked[] = [];

  /** Ticks once so many ms from now. */
  @Handler() remind(inMs: number): void {
    this.self.reminders.set("once", { in: inMs }, "tick");
  }
  /** Ticks each second from now on, and misses none. */
  @Handler() repeat(): void {
    this.self.reminders.set("each", { every: "1s", missed: "all" }, "tick");
  }
  @Handler() stop(): void {
    this.self.reminders.cancel("each");
  }
  @Handler() tick(): void {
    this.ticked.push({ ...this.self.reminder!, at: this.self.now() });
  }
  @Query() journal(): readonly Ticked[] {
    return this.ticked;
  }
}
