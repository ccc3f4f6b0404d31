import { expect, it } from "vitest";
import { traceIdOf, traceLine, traceLink } from "./trace-link.js";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

it("a trace is printed as its id, or as a link where the template says where traces are looked at", () => {
  expect(traceLine(traceLink(traceId, undefined))).toBe(`trace: ${traceId}`);
  const template = "http://localhost:16686/trace/{traceId}?uiFind={traceId}";
  expect(traceLine(traceLink(traceId, template))).toBe(
    `trace: http://localhost:16686/trace/${traceId}?uiFind=${traceId}`,
  );
});

it.each([
  [`00-${traceId}-00f067aa0ba902b7-01`, traceId],
  [`00-${traceId}-00f067aa0ba902b7-00`, traceId],
  ["00-4bf9-00f0-01", undefined],
  ["", undefined],
  [null, undefined],
])("finds the trace's id in the header %s", (header, id) => {
  expect(traceIdOf(header)).toBe(id);
});
