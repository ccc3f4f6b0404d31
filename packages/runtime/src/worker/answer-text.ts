import { encodeText, maxMessageBytes, messageBytes, TooLargeError } from "@actor-runtime/core";

/**
 * An answer as JSON text, within the bound of a message.
 *
 * @throws TooLargeError, NotSendableError
 */
export function answerText(what: string, value: unknown): string {
  const text = encodeText(value, "answer");
  const bytes = messageBytes(text);
  if (bytes > maxMessageBytes) {
    throw new TooLargeError(`${what}: the answer has ${bytes} bytes, at most ${maxMessageBytes} may be sent`);
  }
  return text;
}
