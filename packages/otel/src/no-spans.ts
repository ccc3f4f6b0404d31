import type { Span } from "@actor-runtime/core";
import type { Spans } from "./halves.js";

const nothing: Span = {
  recording: false,
  headers: {},
  ids: undefined,
  set: () => {},
  event: () => {},
  run: (body) => body(),
  end: () => {},
  fail: () => {},
};

/** Nobody traces. */
export const noSpans: Spans = { tracing: false, sampledOut: nothing, span: () => nothing };
