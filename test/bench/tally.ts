import { Actor, Handler, State } from "actor-runtime";

/** The actor of the figures on RabbitMQ and Redis: each message changes its state. */
@Actor("BenchTally")
export class Tally {
  @State() private count = 0;

  @Handler() add(_note: string): void {
    this.count++;
  }

  /** Says when it ran, in ms by the clock that all processes of the machine share. */
  @Handler() addAt(): number {
    this.count++;
    return Number(process.hrtime.bigint()) / 1e6;
  }

  /** Comes after all earlier messages of its caller, and answers when they are committed. */
  @Handler() total(): number {
    return this.count;
  }
}

/** The same actor, spread over 1,600 partitions in all, so that few messages travel together. */
@Actor("BenchWideTallyA", { partitions: 800 })
class WideTallyA extends Tally {}

@Actor("BenchWideTallyB", { partitions: 800 })
class WideTallyB extends Tally {}

/** The classes among which the actors of a figure are shared out. */
export const tallies = { plain: [Tally], wide: [WideTallyA, WideTallyB] } as const;
export type Spread = keyof typeof tallies;
