import { encodeText, maxMessageBytes, messageBytes, TooLargeError } from "@actor-runtime/core";

/**
 * Arguments of a later call in wire form: a copy, so that what becomes of them meanwhile changes nothing.
 *
 * @param what begins the error
 * @throws NotSendableError, TooLargeError as for a call
 */
export function keptArguments(what: string, args: readonly unknown[]): unknown[] {
  const text = encodeText(args, "args");
  const bytes = messageBytes(text);
  if (bytes <= maxMessageBytes) return JSON.parse(text) as unknown[];
  throw new TooLargeError(`${what}: the arguments have ${bytes} bytes, at most ${maxMessageBytes} may be sent`);
}
