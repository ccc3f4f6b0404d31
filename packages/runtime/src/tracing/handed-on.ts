import type { TraceHeaders } from "@actor-runtime/core";

/** In characters: baggage has up to 8 KiB, the rest half a KiB. */
const maxLength = 10 * 1024;

/**
 * The trace of a message, or of a caller, as it goes on where nobody traces: those that come after may be traced. What is no
 * trace, or larger than any has a reason to be, does not: it would take the room of what is sent, or spoil it.
 */
export function handedOn(trace: TraceHeaders | undefined): TraceHeaders | undefined {
  let length = 0;
  for (const name in trace) {
    const value: unknown = trace[name];
    if (typeof value !== "string") return undefined;
    length += name.length + value.length;
  }
  return length > maxLength ? undefined : trace;
}
