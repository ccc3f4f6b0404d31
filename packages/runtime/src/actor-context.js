/**
 * What an actor knows about itself and may do beside changing its fields. Every actor has its own; it comes by injection.
 *
 * `signal`, `idempotencyKey`, `headers`, `attempt` and `deadline` belong to the current turn and are read from its async
 * context, so they are right after an `await` and in functions the handler calls. So do `ref`'s calls, `deactivate` and
 * `destroy`: made after the turn has ended, they fail with TurnEndedError.
 *
 * @example
 * @Actor("Account")
 * class Account {
 *   private readonly self = inject(ActorContext);
 *   @State() private openedAt = 0;
 *   @Handler() open(): void {
 *     if (this.self.isNew) this.openedAt = this.self.now();
 *   }
 * }
 */
export class ActorContext {
}
//# sourceMappingURL=actor-context.js.map