import { type Message, maxMessageBytes, messageBytes, messageText, TooLargeError } from "@actor-runtime/core";
import type { CallDetails, CallTarget } from "./call-target.js";

/** The most that `callText` adds to head, arguments and reply address: names, braces, and two numbers of up to 16 digits. */
const plainTailBytes = 64;

/** Nothing but arguments, a time-out and perhaps a signal. */
export function isPlain({ id, chain, locks, transaction, trace, headers }: CallDetails): boolean {
  const own = id === undefined && headers === undefined && transaction === undefined;
  return own && chain === undefined && locks === undefined && trace === undefined;
}

/** The size of a plain call's text, known without making it. */
export function plainBytes({ headBytes }: CallTarget, argsText: string, replyToField: string): number {
  return headBytes + messageBytes(argsText) + replyToField.length + plainTailBytes;
}

export function askMessage(
  { address, kind, handler }: CallTarget,
  { id, chain, locks, transaction, trace, headers }: CallDetails,
  args: unknown[],
  call: number,
  replyTo: string,
  deadline: number,
): Message {
  return {
    to: address,
    kind,
    handler,
    args,
    id,
    call: String(call),
    replyTo,
    deadline,
    chain,
    locks,
    tx: transaction?.context,
    trace,
    headers,
  };
}

export function tellText({ address, handler }: CallTarget, details: CallDetails, argsText: string): string {
  const { id, dueAt, trace, headers } = details;
  return messageText({ to: address, kind: "tell", handler, id, dueAt, trace, headers }, argsText);
}

/** @throws TooLargeError before a number is taken (delivery.md A.2) */
export function checkSize(bytes: number, target: CallTarget): void {
  if (bytes > maxMessageBytes) {
    throw new TooLargeError(
      `${target.address}.${target.handler}: the message has ${bytes} bytes, at most ${maxMessageBytes} may be sent; ` +
        "store the data elsewhere and send a reference",
    );
  }
}
