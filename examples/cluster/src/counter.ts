import { Actor, Handler, State } from "actor-runtime";

@Actor("Counter")
export class Counter {
  @State() private count = 0;

  @Handler() add(): number {
    return ++this.count;
  }

  /** A handler and not a query, so that it comes after all that its caller sent before. */
  @Handler() total(): number {
    return this.count;
  }
}
