import { fromWire, InvalidArgumentsError, type Message } from "@actor-runtime/core";

/**
 * The arguments of a message as its handler gets them.
 *
 * @param keep the message may run again, so it keeps its own: the handler may change what it gets
 * @throws InvalidArgumentsError when they cannot be decoded
 */
export function argumentsOf({ to, handler, args }: Message, keep: boolean): unknown[] {
  const wire: unknown = keep && args.some(isObject) ? JSON.parse(JSON.stringify(args)) : args;
  try {
    return fromWire(wire) as unknown[];
  } catch (cause) {
    throw new InvalidArgumentsError(`${to}.${handler}: args cannot be decoded: ${(cause as Error).message}`, { cause });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
