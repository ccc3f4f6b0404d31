import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorFromWire, errorToWire } from "./codec.js";
import { RejectedError } from "./errors.js";
import type { Message } from "./message.js";
import {
  errorOutcome,
  finText,
  frameBody,
  maxMessageLocks,
  messageBytes,
  messageText,
  parseMessages,
  parseReplies,
  refusalText,
  replyText,
  valueOutcome,
} from "./message-codec.js";

const utf8 = new TextEncoder();
const text = fc.string({ unit: "binary" });
const time = fc.integer({ min: 0, max: 4e12 });
const strings = fc.dictionary(fc.string(), text, { maxKeys: 3, noNullPrototype: true });

const anyCall: fc.Arbitrary<Message> = fc.record(
  {
    to: text,
    kind: fc.constantFrom("tell", "ask", "query", "cancel", "fin", "ping"),
    handler: text,
    args: fc.array(fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)),
    id: text,
    of: text,
    call: text,
    replyTo: text,
    deadline: time,
    dueAt: time,
    chain: fc.array(text),
    locks: fc.array(fc.tuple(fc.string({ minLength: 1, maxLength: 128, unit: "binary" }), fc.maxSafeNat()), {
      maxLength: maxMessageLocks,
    }),
    trace: strings,
    headers: strings,
    attempts: fc.nat(),
  },
  { requiredKeys: ["to", "kind", "handler", "args"], noNullPrototype: true },
);

const anyTick = fc
  .record({ name: text, id: text, number: fc.maxSafeNat() }, { noNullPrototype: true })
  .chain((tick) => anyCall.map((message): Message => ({ ...message, kind: "tick", tick })));

const anyMessage = fc.oneof(anyCall, anyTick);

const textOf = ({ args, ...message }: Message) => messageText(message, JSON.stringify(args));
const bodyOf = (json: unknown) => utf8.encode(JSON.stringify(json));
const deposit: Message = { to: "Account/alice", kind: "tell", handler: "deposit", args: [100] };

describe("messages", () => {
  it("arrive as they were sent, in order", () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 5 }), (messages) => {
        expect(parseMessages(frameBody(messages.map(textOf)))).toStrictEqual(messages);
      }),
    );
  });

  it("keep lone surrogates, which UTF-8 cannot carry, by escaping them", () => {
    const odd: Message = { ...deposit, handler: "\ud800", id: "🦆\udc00", headers: { "\ud800": "\udfff" } };
    expect(parseMessages(frameBody([textOf(odd)]))).toStrictEqual([odd]);
  });

  it("carry only the fields that are there", () => {
    expect(textOf(deposit)).toBe('{"to":"Account/alice","kind":"tell","handler":"deposit","args":[100]}');
  });

  it("are measured in UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (value) => {
        expect(messageBytes(value)).toBe(utf8.encode(value).length);
      }),
    );
    expect([messageBytes("abc"), messageBytes("é"), messageBytes("東"), messageBytes("🦆")]).toEqual([3, 2, 3, 4]);
  });

  it("may carry fields of a newer build", () => {
    expect(parseMessages(bodyOf([{ ...deposit, priority: 7 }]))).toEqual([{ ...deposit, priority: 7 }]);
  });
});

describe("the body of a stranger (P13)", () => {
  it.each([
    ["no UTF-8", bodyOf([{ ...deposit, call: "~" }]).map((byte) => (byte === 0x7e ? 0xff : byte))],
    ["no JSON", utf8.encode("[{]")],
    ["empty", new Uint8Array()],
    ["no array", bodyOf({ length: 1 })],
    ["null", bodyOf(null)],
    ["nested in arrays", bodyOf([[deposit]])],
    ["of nulls", bodyOf([null])],
    ["of texts", bodyOf(["x"])],
  ])("that is %s is a RangeError, and the next body is read as ever", (_, body) => {
    expect(() => parseMessages(body)).toThrow(RangeError);
    expect(() => parseReplies(body)).toThrow(RangeError);
    expect(parseMessages(bodyOf([deposit]))).toEqual([deposit]);
  });

  it.each([
    ["kind", "shout"],
    ["kind", undefined],
    ["to", 1],
    ["to", undefined],
    ["handler", null],
    ["args", { length: 0 }],
    ["id", 1],
    ["of", {}],
    ["call", null],
    ["replyTo", []],
    ["deadline", "soon"],
    ["dueAt", null],
    ["attempts", -1],
    ["attempts", 1.5],
    ["chain", "A/1"],
    ["chain", [1]],
    ["locks", { report: 7 }],
    ["locks", ["report", 7]],
    ["locks", [["report"]]],
    ["locks", [["report", 7, 8]]],
    ["locks", [["report", "7"]]],
    ["locks", [["report", -1]]],
    ["locks", [["report", 1.5]]],
    ["locks", [["report", 2 ** 53]]],
    ["locks", [[7, 7]]],
    ["locks", [["", 7]]],
    ["locks", [["x".repeat(257), 7]]],
    ["locks", Array.from({ length: maxMessageLocks + 1 }, (_, n) => [`report:${n}`, 7])],
    ["trace", { traceparent: 1 }],
    ["headers", ["x"]],
    ["headers", null],
  ])("with a message whose %s is %j names the message and the field", (field, value) => {
    const body = bodyOf([deposit, { ...deposit, [field]: value }]);
    expect(() => parseMessages(body)).toThrow(`message 1: "${field}" must be`);
    expect(() => parseMessages(body)).toThrow(RangeError);
  });

  it("with numbers beyond every bound is refused", () => {
    const huge = utf8.encode('[{"to":"A/1","kind":"tell","handler":"h","args":[],"deadline":1e999}]');
    expect(() => parseMessages(huge)).toThrow('"deadline"');
  });

  it("gives messages or a RangeError, never another failure", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((json) => utf8.encode(json)),
        ),
        (body) => {
          try {
            parseMessages(Uint8Array.from(body));
          } catch (error) {
            if (!(error instanceof RangeError)) throw error;
          }
        },
      ),
    );
  });
});

describe("a stream's end", () => {
  it("travels as a message to nobody", () => {
    expect(parseMessages(frameBody([finText]))).toEqual([{ to: "", kind: "fin", handler: "", args: [] }]);
  });

  it("by refusal travels among the replies", () => {
    const refused = { stream: '17-"a', storeTime: 1_767_225_600_000 };
    expect(parseReplies(frameBody([refusalText(refused)]))).toEqual([{ call: "", refused }]);
  });
});

describe("replies", () => {
  it("arrive with their value, without one, or with their error", () => {
    const error = errorToWire(new RejectedError("no", { code: "X" }));
    const body = frameBody([
      replyText("c1", valueOutcome('{"balance":5}')),
      replyText('c"2', valueOutcome(undefined)),
      replyText("c3", errorOutcome(error)),
    ]);
    const replies = parseReplies(body);
    expect(replies.slice(0, 2)).toEqual([{ call: "c1", value: { balance: 5 } }, { call: 'c"2' }]);
    expect(replies[2]?.call).toBe("c3");
    expect(errorFromWire(replies[2]!.error!)).toBeInstanceOf(RejectedError);
  });

  it.each([
    ["call", { value: 1 }],
    ["call", { call: 7 }],
    ["error", { call: "c", error: "boom" }],
    ["error", { call: "c", error: { class: "RejectedError" } }],
    ["refused", { call: "", refused: "x" }],
    ["refused", { call: "", refused: null }],
    ["refused", { call: "", refused: { stream: 1, storeTime: 1 } }],
    ["refused", { call: "", refused: { stream: "1-a", storeTime: "now" } }],
  ])("with a wrong %s are refused by name: %j", (field, reply) => {
    expect(() => parseReplies(bodyOf([reply]))).toThrow(`reply 0: "${field}" must be`);
  });
});
