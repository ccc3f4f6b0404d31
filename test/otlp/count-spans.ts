import { fieldsOf } from "./protobuf.js";

/** Numbers of the fields on the way to a span's name in `ExportTraceServiceRequest`. */
const [resourceSpans, scopeSpans, span, spanName] = [1, 2, 2, 5];

/** Adds the spans of one export, in protobuf, to the counts by name; nothing else of them is decoded. */
export function countSpans(body: Buffer, counts: Map<string, number>): void {
  for (const ofResource of messages(body, resourceSpans)) {
    for (const ofScope of messages(ofResource, scopeSpans)) {
      for (const one of messages(ofScope, span)) {
        for (const name of messages(one, spanName)) {
          const text = name.toString();
          counts.set(text, (counts.get(text) ?? 0) + 1);
        }
      }
    }
  }
}

function* messages(bytes: Buffer, number: number): Generator<Buffer> {
  for (const field of fieldsOf(bytes)) if (field.number === number) yield field.bytes;
}
