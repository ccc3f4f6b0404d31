import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "./utf8.js";

const decoder = new TextDecoder("utf-8", { fatal: true });

describe("texts as UTF-8", () => {
  it("keep their bytes while thousands of others are encoded after them", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 400 });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 200 }), (texts) => {
        const bodies = texts.map((given) => encodeUtf8(given));
        expect(bodies.map((body) => decoder.decode(body))).toEqual(texts);
      }),
    );
  });

  it("may be larger than a block", () => {
    const text = "ключ".repeat(10_000);
    expect(decoder.decode(encodeUtf8(text))).toBe(text);
    expect(encodeUtf8("")).toHaveLength(0);
  });
});
