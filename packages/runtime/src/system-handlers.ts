import type { Message } from "@actor-runtime/core";

/** Handlers of the system itself begin with `$`; nobody outside may call them. */
export const eraseHandler = "$erase";
export const compareAndSetHandler = "$compareAndSet";

/** Types of the system itself begin with `$`, too. */
export function isSystemType(name: string): boolean {
  return name.startsWith("$");
}

export function isSystemHandler(name: string): boolean {
  return name.startsWith("$");
}

/** `system.actors.compareAndSet` asks for it and waits for the answer. */
export function isCompareAndSet({ handler, kind, replyTo }: Message): boolean {
  return handler === compareAndSetHandler && kind === "ask" && replyTo !== undefined;
}

/** `system.actors.erase` asks for it and waits for the answer; anything else of that name is an unknown handler. */
export function isErasure({ handler, kind, replyTo }: Message): boolean {
  return handler === eraseHandler && kind === "ask" && replyTo !== undefined;
}
