import type { Destination, OutboxEntry } from "@actor-runtime/core";

/** A chunk holds about as many entries as a frame: trimmed whole, so neither writing nor trimming costs per entry. */
const maxEntries = 512;
const maxChars = 256 * 1024;

/** The entries of one target as list elements: for each chunk its last number, then `number,prev,length:message…`. */
export function outboxChunks(entries: readonly OutboxEntry[]): string[] {
  const elements: string[] = [];
  let chunk = "";
  let count = 0;
  entries.forEach(({ number, prev, message }, index) => {
    chunk += `${number},${prev},${message.length}:${message}`;
    count += 1;
    if (index === entries.length - 1 || count === maxEntries || chunk.length >= maxChars) {
      elements.push(String(number), chunk);
      chunk = "";
      count = 0;
    }
  });
  return elements;
}

/** The entries of a chunk above a number. */
export function* readChunk(target: Destination, chunk: string, above: number): Generator<OutboxEntry> {
  for (let at = 0; at < chunk.length; ) {
    const colon = chunk.indexOf(":", at);
    const [number, prev, length] = chunk.slice(at, colon).split(",").map(Number) as [number, number, number];
    at = colon + 1 + length;
    if (number > above) yield { target, number, prev, message: chunk.slice(colon + 1, at) };
  }
}
