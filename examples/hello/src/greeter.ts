import { Actor, ActorContext, Handler, inject, State } from "actor-runtime";

/** Greets, and remembers how often it did. */
@Actor("Greeter")
export class Greeter {
  private readonly self = inject(ActorContext);
  @State() private greetings = 0;

  @Handler() greet(name: string): string {
    this.greetings += 1;
    return `Hello ${name}, this is ${this.self.key}. You are guest ${this.greetings}.`;
  }
}
