import { type ActorError, type Span, TurnTimeoutError } from "@actor-runtime/core";
import type { Activation } from "./activation.js";
import type { PartitionScope } from "./scope.js";
import { asActorError } from "./thrown.js";
import { Turn } from "./turn.js";

/** What an actor may have code for at both ends of its life in memory. */
export interface Lifecycle {
  onActivate?(): unknown;
  onDeactivate?(): unknown;
}

const lifecycleTimeoutMs = 60_000;

/** @throws TurnTimeoutError when it takes longer than a turn may by default */
export async function runLifecycle(
  scope: PartitionScope,
  activation: Activation,
  method: "onActivate" | "onDeactivate",
  span: Span | undefined,
): Promise<Turn> {
  let expire!: (error: ActorError) => void;
  const expired = new Promise<never>((_, reject) => {
    expire = reject;
  });
  const what = `${activation.address}.${method}`;
  const timeout = () => expire(new TurnTimeoutError(`${what} ran longer than ${lifecycleTimeoutMs} ms`));
  const stop = (_: Turn, reason: ActorError) => expire(reason);
  const turn = new Turn({ scope, timeout, stop, transact: () => undefined }, activation, undefined, "lifecycle", span);
  activation.running = turn;
  scope.services.timers.set(turn, lifecycleTimeoutMs);
  const instance = activation.instance as Lifecycle;
  try {
    await Promise.race([expired, turn.run(() => instance[method]!())]);
    return turn;
  } finally {
    turn.end();
    scope.services.timers.delete(turn);
    if (activation.running === turn) activation.running = undefined;
  }
}

/** Runs `onDeactivate`; what it throws is logged and changes nothing. */
export async function sayGoodbye(scope: PartitionScope, activation: Activation): Promise<void> {
  const instance: Lifecycle | undefined = activation.instance;
  if (typeof instance?.onDeactivate !== "function") return;
  activation.phase = "leaving";
  const { tracing, log } = scope.services;
  const span = tracing.on ? tracing.deactivate(activation.hosted.definition.name, activation.address) : undefined;
  try {
    await tracing.follow(span, () => runLifecycle(scope, activation, "onDeactivate", span));
  } catch (thrown) {
    log.error({ actor: activation.address, err: asActorError(thrown) }, "onDeactivate failed");
  }
}
