import { INVALID_SPAN_CONTEXT } from "@opentelemetry/api";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Place } from "./place.js";

const hex = (length: number) =>
  fc
    .string({
      unit: fc.constantFrom(...Array.from({ length: 16 }, (_, digit) => digit.toString(16))),
      minLength: length,
      maxLength: length,
    })
    .filter((text) => /[^0]/.test(text));

describe("Where a span stands", () => {
  it("P11: is what its traceparent says, and says it again", () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.constantFrom("00", "01", "ff"), (traceId, spanId, flags) => {
        const traceparent = `00-${traceId}-${spanId}-${flags}`;
        const place = Place.parse(traceparent)!;
        expect(place.traceparent).toBe(traceparent);
        expect(place.spanContext()).toEqual({
          traceId,
          spanId,
          traceFlags: Number.parseInt(flags, 16),
          isRemote: true,
        });
        expect(Place.of(place.spanContext())).toEqual(place);
      }),
    );
  });

  const trace = "0af7651916cd43dd8448eb211c80319c";
  it.each([
    undefined,
    7,
    "",
    `01-${trace}-00f067aa0ba902b7-01`,
    `00-${trace}-00f067aa0ba902b7-01-`,
    `00-${trace}-00f067aa0ba902b7-0g`,
    `00-${trace.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${trace}_00f067aa0ba902b7-01`,
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `00-${trace}-${"0".repeat(16)}-01`,
    // Their lower bytes are digits.
    `00-${trace.replaceAll("1", "\u0131")}-00f067aa0ba902b7-01`,
    `00-${trace}-00f067aa0ba902b7-\u0130\u0131`,
  ])("P13: is nowhere by %j", (traceparent) => {
    expect(Place.parse(traceparent)).toBeUndefined();
  });

  it("is nowhere for a span that stands for none", () => {
    expect(Place.of(INVALID_SPAN_CONTEXT)).toBeUndefined();
  });
});
