import type { Message } from "@actor-runtime/core";
import type { ActorDefinition, MethodDefinition } from "../definition/actor-definition.js";
import { TurnReminders } from "../reminders/turn-reminders.js";
import { cancelReminderHandler, compareAndSetHandler, isSystemAsk } from "../system-handlers.js";
import { compareAndSet } from "./compare-and-set.js";
import { currentTurn } from "./turn.js";

const defaults = { actor: "$system", kind: "handler", input: undefined, timeoutMs: 60_000 } as const;

/** Every actor has them, beside the methods of its class: turns like any other, in their place in the mailbox. */
const systemMethods: ReadonlyMap<string, MethodDefinition> = new Map([
  [
    compareAndSetHandler,
    {
      ...defaults,
      name: compareAndSetHandler,
      run: (version, state) => compareAndSet(currentTurn.getStore()!, version, state),
    },
  ],
  [
    cancelReminderHandler,
    {
      ...defaults,
      name: cancelReminderHandler,
      run: (name) => new TurnReminders(currentTurn.getStore()!).cancel(String(name)),
    },
  ],
]);

/** What a message is handled by; `undefined`: nothing of this actor. */
export function methodOf({ methods }: ActorDefinition, message: Message): MethodDefinition | undefined {
  return methods.get(message.handler) ?? (isSystemAsk(message) ? systemMethods.get(message.handler) : undefined);
}
