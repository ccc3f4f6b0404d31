import { streamOpenedAt } from "../model/stream-name.js";
import { Ranges } from "./ranges.js";

/**
 * What became of a delivered number:
 * `accepted` run it; `late` run it, but the hole it left had been passed, so a repeat of it may have run in between;
 * `duplicate` it is applied or in flight already, settle this copy; `held` a confirmed message before it is missing, keep
 * it back.
 */
export type Acceptance = "accepted" | "late" | "duplicate" | "held";

/** At most this many passed holes are kept per stream; beyond, the oldest counts as applied (delivery.md A.5). */
const maxPassedHoles = 16;

/**
 * An owner's knowledge of one sender stream: rules O1–O3 of delivery.md.
 *
 * *Applied* numbers are in the committed row (or will be with the next commit); *in flight* ones are accepted and not yet
 * committed; *passed* ones are holes that were given up: they let later numbers through, and a late copy still runs.
 */
export class InboundStream {
  readonly name: string;
  /** When its sender opened it, in ms since 1970; `undefined`: the stream of an outbox, which is never forgotten. */
  readonly openedAt: number | undefined;
  readonly #applied: Ranges;
  /** Applied or in flight. */
  readonly #known: Ranges;
  #passed: [from: number, to: number][] = [];
  #fin = false;

  private constructor(name: string, applied: Ranges, known: Ranges, passed: [number, number][]) {
    this.name = name;
    this.openedAt = streamOpenedAt(name);
    this.#applied = applied;
    this.#known = known;
    this.#passed = passed;
  }

  /** A stream never heard of: an empty row (O3). */
  static unknown(name: string): InboundStream {
    return new InboundStream(name, new Ranges(), new Ranges(), []);
  }

  /** Reads a row, `hwm[,from-to | ~from-to]*[,fin]`. */
  static parse(name: string, row: string): InboundStream {
    const [mark, ...parts] = row.split(",");
    const fin = parts.at(-1) === "fin";
    if (fin) parts.pop();
    const applied = new Ranges(Number(mark));
    const known = new Ranges(Number(mark));
    const passed: [number, number][] = [];
    for (const part of parts) {
      const hole = part.startsWith("~");
      const [from, to] = (hole ? part.slice(1) : part).split("-").map(Number) as [number, number];
      if (hole) {
        passed.push([from, to]);
      } else {
        applied.add(from, to);
        known.add(from, to);
      }
    }
    const stream = new InboundStream(name, applied, known, passed);
    stream.#fin = fin;
    return stream;
  }

  /** The row as the commit writes it. */
  row(): string {
    let text = String(this.#applied.mark);
    for (const [from, to] of this.#applied.above) text += `,${from}-${to}`;
    for (const [from, to] of this.#passed) text += `,~${from}-${to}`;
    return this.#fin ? `${text},fin` : text;
  }

  /** S9: its sender has said that this was all. */
  get finished(): boolean {
    return this.#fin;
  }

  /** The number took effect, was stored or was burnt; it is not merely under way. */
  hasApplied(n: number): boolean {
    return this.#applied.has(n);
  }

  /** Every number accepted is applied: nothing of it is under way. */
  get settled(): boolean {
    return this.#known.equals(this.#applied);
  }

  /** Holes were given up that may still be filled by a late copy. */
  get hasPassedHoles(): boolean {
    return this.#passed.length > 0;
  }

  /**
   * O1. `after` is the link of the number: the last one before it that its sender knows to be confirmed, or that stands
   * before it in the same frame. Unknown numbers between the link and `n` were burnt by the sender; they count as applied
   * from now on, and go into the stream's next row whichever number commits first.
   */
  accept(n: number, after: number): Acceptance {
    if (this.#known.has(n)) return "duplicate";
    if (after > this.#known.mark && this.holes(after).length > 0) return "held";
    if (n > after + 1) {
      for (const [from, to] of this.#known.gaps(after + 1, n - 1)) {
        this.#known.add(from, to);
        this.#applied.add(from, to);
      }
    }
    this.#known.add(n, n);
    // A sender that goes on after its last word has not finished.
    this.#fin = false;
    return this.#passed.length > 0 && includes(this.#passed, n) ? "late" : "accepted";
  }

  /** S9: the accepted number `n` is the last word of its sender. It is applied with the next commit. */
  finish(n: number): void {
    this.apply(n);
    this.#fin = true;
  }

  /**
   * O12: the numbers of a frame that cannot be read, `first` to `last`, are applied without being run, those its sender burnt
   * before them (after the link `after`) with them.
   *
   * @returns whether any of them was new
   */
  bury(first: number, last: number, after: number): boolean {
    const fresh = this.#known.gaps(first, last).length > 0;
    const from = this.holes(after).length === 0 ? after + 1 : first;
    for (const [start, end] of this.#known.gaps(from, first - 1)) this.#applied.add(start, end);
    this.#known.add(from, last);
    this.#applied.add(first, last);
    return fresh;
  }

  /** The number takes effect with the next commit: its turn ended, it was stored, or it became a dead letter. */
  apply(n: number): void {
    this.#applied.add(n, n);
    this.#known.add(n, n);
    if (this.#passed.length > 0) this.#passed = without(this.#passed, n);
  }

  /** Numbers up to `upTo` that are neither known nor passed: what a held delivery waits for. */
  holes(upTo: number): [from: number, to: number][] {
    const missing = this.#known.gaps(1, upTo);
    if (this.#passed.length === 0) return missing;
    const passed = new Ranges();
    for (const [from, to] of this.#passed) passed.add(from, to);
    return missing.flatMap(([from, to]) => passed.gaps(from, to));
  }

  /** O2: gives the holes up to `upTo` up. Returns them, for the log. */
  passHoles(upTo: number): [from: number, to: number][] {
    const holes = this.holes(upTo);
    this.#passed.push(...holes);
    while (this.#passed.length > maxPassedHoles) this.#closeHole(this.#passed.shift()!);
    return holes;
  }

  /** A.8: no late copy is expected any more. Passed holes count as applied from now on. */
  closeHoles(): void {
    for (const hole of this.#passed) this.#closeHole(hole);
    this.#passed = [];
  }

  #closeHole([from, to]: [from: number, to: number]): void {
    this.#applied.add(from, to);
    this.#known.add(from, to);
  }
}

function includes(ranges: readonly [number, number][], n: number): boolean {
  return ranges.some(([from, to]) => n >= from && n <= to);
}

function without(ranges: [number, number][], n: number): [number, number][] {
  return ranges.flatMap(([from, to]): [number, number][] => {
    if (n < from || n > to) return [[from, to]];
    const parts: [number, number][] = [];
    if (from < n) parts.push([from, n - 1]);
    if (n < to) parts.push([n + 1, to]);
    return parts;
  });
}
