import { describe, expect, it } from "vitest";
import { countSpans } from "./count-spans.js";
import { decodeProtobuf, type Schema } from "./protobuf.js";

/** A field whose value has a length. */
function field(number: number, ...parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
}

const schema: Schema = () => ({
  1: { name: "text", type: "text" },
  2: { name: "inner", type: schema, repeated: true },
  3: { name: "whole", type: "int64" },
});

describe("the reader of protobuf", () => {
  it("reads nested messages and skips what it does not know", () => {
    const unknown = field(9, Buffer.from("later"));
    const bytes = Buffer.concat([unknown, field(2, field(1, Buffer.from("a"))), field(2, unknown)]);
    expect(decodeProtobuf(bytes, schema)).toEqual({ inner: [{ text: "a" }, {}] });
  });

  it.each([
    ["0", [0x18, 0x00]],
    ["300", [0x18, 0xac, 0x02]],
    ["-1", [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ])("reads %s", (whole, bytes) => {
    expect(decodeProtobuf(Buffer.from(bytes), schema)).toEqual({ whole });
  });

  it("says where bytes end within a field, and what is no wire type", () => {
    expect(() => decodeProtobuf(Buffer.from([0x0a, 5, 0x61]), schema)).toThrow(
      "a field of 5 bytes at 2 passes the end",
    );
    expect(() => decodeProtobuf(Buffer.from([0x0b]), schema)).toThrow("there is no wire type 3");
  });
});

it("spans of an export are counted by their names", () => {
  const span = (name: string) => field(2, field(1, Buffer.alloc(16)), field(5, Buffer.from(name)));
  const scope = (...spans: readonly Buffer[]) => field(2, field(1, field(1, Buffer.from("scope"))), ...spans);
  const counts = new Map<string, number>();
  countSpans(field(1, scope(span("send Mail"), span("send Mail")), scope(span("process Mail.deliver"))), counts);
  countSpans(field(1, scope(span("send Mail"))), counts);
  expect(Object.fromEntries(counts)).toEqual({ "send Mail": 3, "process Mail.deliver": 1 });
});
