import { silentSpan } from "@actor-runtime/core";
import type { Spans } from "./halves.js";

/** Nobody traces. */
export const noSpans: Spans = { tracing: false, sampledOut: silentSpan, span: () => silentSpan };
