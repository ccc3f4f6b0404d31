import { isWireError } from "./error-codec.js";
import type {
  Message,
  MessageKind,
  Reply,
  StreamRefusal,
  Tick,
  TransactionContext,
  TransactionReply,
  WireError,
} from "./message.js";
import { encodeUtf8 } from "./utf8.js";

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
// Without the u flag, whose matching is several times slower; a surrogate pair just takes the slower way then.
const needsEscape = /["\\\ud800-\udfff]|[^ -\uffff]/;
const beyondAscii = /[\u0080-\uffff]/;

/** At most this many locks travel with a message (P12). */
export const maxMessageLocks = 64;
/** No name of at most 256 bytes is longer, in units of UTF-16. */
const maxLockName = 256;
/** A key of up to 256 characters, a colon and the attempt. */
const maxTransactionId = 320;

/** The beginning of a message's text, up to its arguments: the same for all calls of one method of one actor. */
export function messageHead(to: string, kind: MessageKind, handler: string): string {
  return `{"to":${quote(to)},"kind":"${kind}","handler":${quote(handler)},"args":`;
}

/** The answer's way back, ready to be put into many texts: `,"replyTo":"…"`. */
export function replyToField(replyTo: string): string {
  return `,"replyTo":${quote(replyTo)}`;
}

/** The text of a call with nothing special about it, which is nearly every one: as `messageText`, at a third of its cost. */
export function callText(head: string, argsText: string, replyTo: string, call: number, deadline: number): string {
  return `${head}${argsText}${replyTo},"call":"${call}","deadline":${deadline}}`;
}

/** The last word of a stream (delivery.md S9). */
export const finText = `${messageHead("", "fin", "")}[]}`;

/** One message as JSON text, around its arguments, which are JSON text already (`encodeText`). */
export function messageText(message: Omit<Message, "args">, argsText: string): string {
  let text = messageHead(message.to, message.kind, message.handler) + argsText;
  if (message.id !== undefined) text += `,"id":${quote(message.id)}`;
  if (message.of !== undefined) text += `,"of":${quote(message.of)}`;
  if (message.call !== undefined) text += `,"call":${quote(message.call)}`;
  if (message.replyTo !== undefined) text += `,"replyTo":${quote(message.replyTo)}`;
  if (message.deadline !== undefined) text += `,"deadline":${message.deadline}`;
  if (message.dueAt !== undefined) text += `,"dueAt":${message.dueAt}`;
  if (message.chain !== undefined) text += `,"chain":${JSON.stringify(message.chain)}`;
  if (message.locks !== undefined) text += `,"locks":${JSON.stringify(message.locks)}`;
  if (message.tick !== undefined) text += `,"tick":${JSON.stringify(message.tick)}`;
  if (message.tx !== undefined) text += `,"tx":${JSON.stringify(message.tx)}`;
  if (message.trace !== undefined) text += `,"trace":${JSON.stringify(message.trace)}`;
  if (message.headers !== undefined) text += `,"headers":${JSON.stringify(message.headers)}`;
  if (message.attempts !== undefined) text += `,"attempts":${message.attempts}`;
  return `${text}}`;
}

/** Size of a message's (or any well-formed) text in UTF-8, to hold against `maxMessageBytes` and `maxFrameBytes`. */
export function messageBytes(text: string): number {
  let bytes = text.length;
  if (!beyondAscii.test(text)) return bytes;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate is half of a character of four bytes.
    if (unit > 0x7f) bytes += unit <= 0x7ff || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes;
}

/** The body of a frame, or of a batch of replies: a JSON array in UTF-8. */
export function frameBody(texts: readonly string[]): Uint8Array {
  // Concatenation makes one rope, flattened once by the encoder; a join would flatten every text by itself first.
  let body = "[";
  for (let i = 0; i < texts.length; i++) body += i === 0 ? texts[i] : `,${texts[i]}`;
  return encodeUtf8(`${body}]`);
}

/**
 * The messages of a frame's body, arguments still in wire form. Fields this version does not know are let through.
 *
 * @throws RangeError naming the message and field when the body is no such array, for example `message 3: "to" must be …`
 */
export function parseMessages(body: Uint8Array): Message[] {
  return parseArray(body, "message", checkMessage) as Message[];
}

/**
 * How a call ended, as it is kept and as replies are made of it: the rest of the reply's text after its `call`. This is a
 * successful answer; no text is the answer `undefined`.
 */
export function valueOutcome(valueText: string | undefined, tx?: TransactionReply): string {
  return valueText === undefined ? transactionPart(tx) : `,"value":${valueText}${transactionPart(tx)}`;
}

/** How a call ended: with an error. */
export function errorOutcome(error: WireError, tx?: TransactionReply): string {
  return `,"error":${JSON.stringify(error)}${transactionPart(tx)}`;
}

function transactionPart(tx: TransactionReply | undefined): string {
  return tx === undefined ? "}" : `,"tx":${JSON.stringify(tx)}}`;
}

/** The reply that answers no call: how a transaction stands that its caller has not asked about. */
export function transactionText(tx: TransactionReply): string {
  return replyText("", transactionPart(tx));
}

/** The reply to a call that ended so. */
export function replyText(call: string, outcome: string): string {
  return `{"call":${quote(call)}${outcome}`;
}

/** The reply that tells a sender that its stream was refused. */
export function refusalText(refused: StreamRefusal): string {
  return JSON.stringify({ call: "", refused } satisfies Reply);
}

/**
 * The replies of a batch, values still in wire form.
 *
 * @throws RangeError naming the reply and field when the body is no array of replies
 */
export function parseReplies(body: Uint8Array): Reply[] {
  return parseArray(body, "reply", checkReply) as Reply[];
}

const kinds: ReadonlySet<unknown> = new Set<MessageKind>(["tell", "ask", "query", "cancel", "fin", "ping", "tick"]);

type Fields<T> = { readonly [Key in keyof T]?: unknown };

function checkMessage(message: Fields<Message>, index: number): void {
  const { kind, attempts } = message;
  if (!kinds.has(kind)) throw wrong("message", index, "kind", "tell, ask, query, cancel, fin, ping or tick");
  if (typeof message.to !== "string") throw wrong("message", index, "to", "an address");
  if (typeof message.handler !== "string") throw wrong("message", index, "handler", "a string");
  if (!Array.isArray(message.args)) throw wrong("message", index, "args", "an array");
  if (!isOptionalString(message.id)) throw wrong("message", index, "id", "a string");
  if (!isOptionalString(message.of)) throw wrong("message", index, "of", "a string");
  if (!isOptionalString(message.call)) throw wrong("message", index, "call", "a string");
  if (!isOptionalString(message.replyTo)) throw wrong("message", index, "replyTo", "a string");
  if (!isOptionalTime(message.deadline)) throw wrong("message", index, "deadline", "a time in ms");
  if (!isOptionalTime(message.dueAt)) throw wrong("message", index, "dueAt", "a time in ms");
  if (attempts !== undefined && !(Number.isSafeInteger(attempts) && (attempts as number) >= 0)) {
    throw wrong("message", index, "attempts", "a whole number");
  }
  if (!isOptionalStrings(message.chain)) throw wrong("message", index, "chain", "an array of addresses");
  if (!isOptionalFences(message.locks)) {
    throw wrong("message", index, "locks", `at most ${maxMessageLocks} pairs of a name and a fence`);
  }
  if (!isTick(message.tick, kind)) throw wrong("message", index, "tick", "a name, an id and a number, of a tick only");
  if (!isOptionalTransaction(message.tx)) throw wrong("message", index, "tx", "an id, since and until");
  if (!isOptionalRecord(message.trace)) throw wrong("message", index, "trace", "an object of strings");
  if (!isOptionalRecord(message.headers)) throw wrong("message", index, "headers", "an object of strings");
}

function checkReply(reply: Fields<Reply>, index: number): void {
  if (typeof reply.call !== "string") throw wrong("reply", index, "call", "a string");
  if (reply.error !== undefined && !isWireError(reply.error)) throw wrong("reply", index, "error", "an error");
  if (!isOptionalTransactionReply(reply.tx)) throw wrong("reply", index, "tx", "an id, members and perhaps an error");
  if (!isOptionalRefusal(reply.refused)) throw wrong("reply", index, "refused", "a stream and the store's time");
}

function parseArray(body: Uint8Array, what: string, check: (item: object, index: number) => void): unknown[] {
  let items: unknown;
  try {
    items = JSON.parse(strictUtf8.decode(body));
  } catch (error) {
    throw new RangeError(`the body is no JSON in UTF-8: ${(error as Error).message}`);
  }
  if (!Array.isArray(items)) throw new RangeError("the body must be a JSON array");
  for (let i = 0; i < items.length; i++) {
    const item: unknown = items[i];
    if (typeof item !== "object" || item === null) throw new RangeError(`${what} ${i} must be an object`);
    check(item, i);
  }
  return items;
}

function wrong(what: string, index: number, field: string, expected: string): RangeError {
  return new RangeError(`${what} ${index}: "${field}" must be ${expected}`);
}

function isOptionalString(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function isOptionalTime(value: unknown): boolean {
  return value === undefined || Number.isFinite(value);
}

function isOptionalRefusal(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  const { stream, storeTime } = value as Fields<StreamRefusal>;
  return typeof stream === "string" && Number.isFinite(storeTime);
}

function isOptionalStrings(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.every((item) => typeof item === "string"));
}

function isOptionalFences(value: unknown): boolean {
  if (value === undefined) return true;
  return Array.isArray(value) && value.length <= maxMessageLocks && value.every(isFence);
}

function isFence(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [name, fence] = value as unknown[];
  const named = typeof name === "string" && name.length > 0 && name.length <= maxLockName;
  return named && Number.isSafeInteger(fence) && (fence as number) >= 0;
}

function isTick(value: unknown, kind: unknown): boolean {
  if (kind !== "tick") return value === undefined;
  if (!isRecord(value)) return false;
  const { name, id, number } = value as Fields<Tick>;
  return typeof name === "string" && typeof id === "string" && Number.isSafeInteger(number);
}

function isOptionalTransaction(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  const { id, since, until, reads } = value as Fields<TransactionContext>;
  const times = Number.isFinite(since) && Number.isFinite(until);
  return isTransactionId(id) && times && (reads === undefined || reads === true);
}

function isTransactionId(value: unknown): boolean {
  return typeof value === "string" && value.length <= maxTransactionId && /^[^:]+:[^:]+$/.test(value);
}

function isOptionalTransactionReply(value: unknown): boolean {
  if (value === undefined) return true;
  if (typeof value !== "object" || value === null) return false;
  const { id, members, taken, doomed } = value as Fields<TransactionReply>;
  const known = isOptionalRecord(members) && members !== undefined;
  const named = known && Object.values(members as object).every((kind) => kind === "read" || kind === "write");
  const times = taken === undefined || (isRecord(taken) && Object.values(taken).every(Number.isSafeInteger));
  return isTransactionId(id) && named && times && (doomed === undefined || isWireError(doomed));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOptionalRecord(value: unknown): boolean {
  if (value === undefined) return true;
  if (!isRecord(value)) return false;
  return Object.values(value).every((item) => typeof item === "string");
}

/** `JSON.stringify` of a string, without its cost for the many that need no escape. */
function quote(text: string): string {
  return needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`;
}
