import type { IsolationAnomaly, ListOperation, ListRead, ListTransaction, ListValue } from "@actor-runtime/testing";
import type { OpenTransaction } from "../good-lists.js";
import type { PickOne } from "../mistake.js";

/** One way in which a history of transactions on lists can be bad. */
export interface IsolationMistake {
  readonly anomaly: IsolationAnomaly;
  readonly title: string;
  /** Spoils a good history; `undefined` when there is nothing in it to make the mistake with. */
  readonly make: (history: OpenTransaction[], pick: PickOne) => readonly OpenTransaction[] | undefined;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };

/** A read by somebody who committed, with those of its values that others appended. */
interface Look {
  readonly reader: OpenTransaction;
  readonly read: ListRead;
  /** The last append of others that it shows. */
  readonly last: Source | undefined;
  readonly show: (list: readonly ListValue[]) => void;
}

interface Source {
  readonly writer: OpenTransaction;
  readonly value: ListValue;
}

export const isolationMistakes: readonly IsolationMistake[] = [
  {
    anomaly: "G0",
    title: "two appends swapped",
    make(history, pick) {
      const [one, other] = twoAtOnce(history);
      const [p, q] = [pick(["x", "y", "z"])!, "p"];
      one.operations.push(appending(p, "one1"), appending(q, "one2"));
      other.operations.push(appending(q, "other1"), appending(p, "other2"));
      readAll(history, p, ["one1", "other2"]);
      readAll(history, q, ["other1", "one2"]);
      return [one, other];
    },
  },
  {
    anomaly: "G0",
    title: "a transaction's appends with another's between them",
    make(history, pick) {
      const [one, other] = twoAtOnce(history);
      const key = pick(["x", "y", "z"])!;
      one.operations.push(appending(key, "one1"), appending(key, "one2"));
      other.operations.push(appending(key, "other"));
      readAll(history, key, ["one1", "other", "one2"]);
      return [one, other];
    },
  },
  {
    anomaly: "G1a",
    title: "an aborted read",
    make(history, pick) {
      const look = pick(looks(history).filter(({ last }) => last?.writer.outcome === "committed"));
      if (look?.last === undefined) return undefined;
      look.last.writer.outcome = "aborted";
      return [look.last.writer];
    },
  },
  {
    anomaly: "G1b",
    title: "an intermediate read",
    make(history, pick) {
      const cut = looks(history).flatMap((look) => {
        const { last, read, reader } = look;
        if (last === undefined || writes(reader, read.key)) return [];
        const own = valuesOf(last.writer, read.key);
        return own.length > 1 && read.list.at(-1) === last.value ? [{ look, writer: last.writer }] : [];
      });
      const chosen = pick(cut);
      if (chosen === undefined) return undefined;
      const { look, writer } = chosen;
      look.show(look.read.list.slice(0, -1));
      return [look.reader, writer];
    },
  },
  {
    anomaly: "G1c",
    title: "two that read each other's appends",
    make(history, pick) {
      const [one, other] = twoAtOnce(history);
      const key = pick(["x", "y", "z"])!;
      one.operations.push(appending(key, "one"), reading("q", ["other"]));
      other.operations.push(appending("q", "other"), reading(key, [...current(history, key), "one"]));
      return [one, other];
    },
  },
  {
    anomaly: "G-single",
    title: "a read that sees half of a transaction",
    make(history, pick) {
      const all = looks(history);
      const halves = all.flatMap((look) => {
        const { reader, last, read } = look;
        if (last === undefined || writes(reader, read.key) || !isSeenByOthers(all, reader, last.value)) return [];
        const isSeenElsewhere = all.some(
          (other) => other.reader === reader && other.read.key !== read.key && other.last?.writer === last.writer,
        );
        return isSeenElsewhere ? [{ look, writer: last.writer }] : [];
      });
      const half = pick(halves);
      if (half === undefined) return undefined;
      hide(half.look, half.writer);
      return [half.look.reader, half.writer];
    },
  },
  {
    anomaly: "G-single",
    title: "a lost update",
    make(history, pick) {
      const updates = looks(history).flatMap((look) => {
        const { reader, read, last } = look;
        const own = valuesOf(reader, read.key);
        if (last === undefined || own.length === 0) return [];
        const readsOwn = looks([reader]).some((other) => own.some((value) => other.read.list.includes(value)));
        return readsOwn ? [] : [{ look, writer: last.writer }];
      });
      const update = pick(updates);
      if (update === undefined) return undefined;
      for (const look of looks(history)) {
        if (look.reader === update.look.reader && look.read.key === update.look.read.key) hide(look, update.writer);
      }
      return [update.look.reader, update.writer];
    },
  },
  {
    anomaly: "G2",
    title: "a write skew",
    make(history, pick) {
      const [one, other] = twoAtOnce(history);
      const [x, y] = pick([
        ["x", "y"],
        ["y", "z"],
        ["z", "x"],
      ] as const)!;
      one.operations.push(reading(x, current(history, x)), appending(y, "one"));
      other.operations.push(reading(y, current(history, y)), appending(x, "other"));
      readAll(history, x, ["other"]);
      readAll(history, y, ["one"]);
      return [one, other];
    },
  },
  {
    anomaly: "G2",
    title: "two that saw two appends in different orders",
    make(history) {
      const [one, other] = twoAtOnce(history);
      const [third, fourth] = twoAtOnce(history);
      Object.assign(third, { begun: one.begun, ended: one.ended });
      Object.assign(fourth, { begun: other.begun, ended: other.ended });
      one.operations.push(appending("p", "one"));
      other.operations.push(appending("q", "other"));
      third.operations.push(reading("p", ["one"]), reading("q", []));
      fourth.operations.push(reading("p", []), reading("q", ["other"]));
      return [one, other, third, fourth];
    },
  },
  {
    anomaly: "real-time",
    title: "a stale read",
    make(history, pick) {
      const all = looks(history);
      const stale = all.filter(({ reader, last }) => {
        if (reader.operations.length > 1 || last?.writer.ended === undefined || last.writer.ended >= reader.begun) {
          return false;
        }
        return isSeenByOthers(all, reader, last.value);
      });
      const look = pick(stale);
      if (look?.last === undefined) return undefined;
      const { writer } = look.last;
      hide(look, writer);
      return [look.reader, writer];
    },
  },
  {
    anomaly: "real-time",
    title: "a transaction that ends before what it saw was begun",
    make(history, pick) {
      const look = pick(looks(history).filter(({ last }) => last?.writer.outcome === "committed"));
      if (look?.last === undefined) return undefined;
      const { reader, last } = look;
      const before = last.writer.begun;
      Object.assign(reader, { begun: before - 0.75, ended: before - 0.5 });
      return [];
    },
  },
  {
    anomaly: "lost append",
    title: "an append that is gone",
    make(history, pick) {
      const ends = history.filter(({ outcome }) => outcome === "committed");
      const appends = ends.flatMap((writer) =>
        writer.operations.flatMap((operation) => {
          if (operation.kind !== "append" || looks([writer]).length > 0) return [];
          const later = looks(history).some(
            ({ reader, read }) => read.key === operation.key && reader.begun > writer.ended!,
          );
          return later ? [{ writer, value: operation.value }] : [];
        }),
      );
      const lost = pick(appends);
      if (lost === undefined) return undefined;
      for (const look of looks(history, "unknown")) look.show(look.read.list.filter((value) => value !== lost.value));
      return [lost.writer];
    },
  },
  {
    anomaly: "incompatible orders",
    title: "two reads of two orders",
    make(history, pick) {
      const all = looks(history);
      const long = all.filter(({ read }) => {
        const same = all.filter((other) => other.read.key === read.key && other.read.list.length >= read.list.length);
        return read.list.length >= 2 && same.length >= 2;
      });
      const look = pick(long);
      if (look === undefined) return undefined;
      const { list } = look.read;
      look.show([...list.slice(0, -2), list.at(-1)!, list.at(-2)!]);
      return [];
    },
  },
  {
    anomaly: "duplicate",
    title: "an append that is there twice",
    make(history, pick) {
      const look = pick(looks(history).filter(({ read }) => read.list.length > 0));
      if (look === undefined) return undefined;
      look.show([...look.read.list, pick(look.read.list)!]);
      return [look.reader];
    },
  },
  {
    anomaly: "unknown value",
    title: "what nobody appended",
    make(history, pick) {
      const look = pick(looks(history));
      look?.show([...look.read.list, "strange"]);
      return look && [look.reader];
    },
  },
  {
    anomaly: "internal",
    title: "a read that does not see the transaction's own append",
    make(history, pick) {
      const look = pick(
        looks(history).filter(({ reader, read }) => valuesOf(reader, read.key).includes(read.list.at(-1)!)),
      );
      look?.show(look.read.list.slice(0, -1));
      return look && [look.reader];
    },
  },
];

// ---- what mistakes are made of

function appending(key: string, value: ListValue): ListOperation {
  return { kind: "append", key, value };
}

function reading(key: string, list: readonly ListValue[]): ListOperation {
  return { kind: "read", key, list };
}

function valuesOf({ operations }: ListTransaction, key: string): ListValue[] {
  return operations.flatMap((operation) => {
    return operation.kind === "append" && operation.key === key ? [operation.value] : [];
  });
}

function writes(transaction: ListTransaction, key: string): boolean {
  return valuesOf(transaction, key).length > 0;
}

/** All reads by those who committed, or whose outcome is one of these. */
function looks(history: readonly OpenTransaction[], ...outcomes: readonly ListTransaction["outcome"][]): Look[] {
  const writers = new Map(
    history.flatMap((writer) =>
      writer.operations.flatMap((operation) =>
        operation.kind === "append" ? [[operation.value, writer] as const] : [],
      ),
    ),
  );
  return history.flatMap((reader) => {
    if (reader.outcome !== "committed" && !outcomes.includes(reader.outcome)) return [];
    return reader.operations.flatMap((operation): Look[] => {
      if (operation.kind !== "read") return [];
      const value = operation.list.findLast((one) => writers.get(one) !== reader);
      const last = value === undefined ? undefined : { writer: writers.get(value)!, value };
      const show = (list: readonly ListValue[]) => void ((operation as Open<ListRead>).list = list);
      return [{ reader, read: operation, last, show }];
    });
  });
}

function isSeenByOthers(all: readonly Look[], reader: OpenTransaction, value: ListValue): boolean {
  return all.some((other) => other.reader !== reader && other.read.list.includes(value));
}

/** Nothing of the writer is to be seen. */
function hide({ read: { list, key }, show }: Look, writer: OpenTransaction): void {
  const hidden = new Set(valuesOf(writer, key));
  show(list.filter((value) => !hidden.has(value)));
}

/** Two that committed side by side, after all others. */
function twoAtOnce(history: OpenTransaction[]): [OpenTransaction, OpenTransaction] {
  const begun = endOf(history) + 1;
  const made = ["one", "other"].map((name): OpenTransaction => {
    const id = `${name}${history.length}`;
    return { id, process: `p-${id}`, begun, ended: begun + 10, outcome: "committed", operations: [] };
  });
  history.push(...made);
  return [made[0]!, made[1]!];
}

/** Somebody who comes after all others sees what they left, and more. */
function readAll(history: OpenTransaction[], key: string, more: readonly ListValue[]): void {
  const id = `r${history.length}`;
  const begun = endOf(history) + 1;
  const operations = [reading(key, [...current(history, key), ...more])];
  history.push({ id, process: `p-${id}`, begun, ended: begun + 1, outcome: "committed", operations });
}

function endOf(history: readonly OpenTransaction[]): number {
  return Math.max(...history.map(({ begun, ended }) => ended ?? begun));
}

/** What the list was at last, as far as anybody saw. */
function current(history: readonly OpenTransaction[], key: string): readonly ListValue[] {
  return looks(history)
    .filter((look) => look.read.key === key)
    .map((look) => look.read.list)
    .reduce((longest, list) => (list.length > longest.length ? list : longest), []);
}
