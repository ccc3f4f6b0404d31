import { Actor, ActorContext, Handler, inject, State } from "actor-runtime";
import type { Ticked } from "./ticks.js";

/** The actor of the figures of reminders: each tick changes its state. */
@Actor("BenchReminded")
export class Reminded {
  private readonly self = inject(ActorContext);
  @State() private readonly ran: Ticked[] = [];

  /** One reminder for each time, in ms since 1970. */
  @Handler() remind(times: readonly number[]): void {
    for (const [n, at] of times.entries()) this.self.reminders.set(`tick-${n}`, { at }, "tick");
  }

  @Handler() tick(): void {
    this.ran.push([this.self.reminder!.dueAt, Date.now()]);
  }

  /** Answers when what came before is committed. */
  @Handler() ticked(): readonly Ticked[] {
    return this.ran;
  }
}
