import {
  type Answer,
  answerKey,
  type CommitRecord,
  type Lease,
  type Leases,
  LostOwnershipError,
  type PartitionId,
  type PartitionImage,
  partitionId,
  type Store,
} from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { granted } from "./leases.contract.js";
import { collect, someCommit, someMailbox, unique } from "./samples.js";

export interface StoreUnderTest {
  readonly port: Store;
  /** Another process's connection to the same store. */
  readonly other: Store;
  readonly leases: Leases;
  /** A lease's time to live that `pass` can outlast. Where calls must come within it, it is tripled: real stores may be slow. */
  readonly ttlMs: number;
  /** A retention of answers that `pass` can outlast. */
  readonly retentionMs: number;
  /** Lets time pass, at least this long. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

const longTtlMs = 600_000;

/** Keys that other systems would take for patterns, paths, tags or separators. */
const awkwardKeys = [
  "a/b/c",
  "a:b",
  "{tag}",
  "*",
  "a?c",
  "[abc]",
  "a\\b",
  'say "hi"',
  "line\nbreak",
  "ключ",
  "鍵🔑",
  "a|b",
  "%41",
  "constructor",
  "__proto__",
];

function someAnswer(address: string, identity: string, outcome = '{"value":1}'): Answer {
  return { key: answerKey(address, identity), fingerprint: "f1", outcome };
}

/** What every store does, whatever it is made of. */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name}: store`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let other: Store;
    let partition: PartitionId;
    let lease: Lease;

    beforeEach(async () => {
      under = await make();
      ({ port: store, other } = under);
      partition = partitionId(someMailbox(), 0);
      lease = await own();
    });

    afterEach(() => under.dispose());

    async function own(holder = "a", ttlMs = longTtlMs): Promise<Lease> {
      return granted(await under.leases.acquire(partition, holder, ttlMs));
    }

    function commit(seq: number, writes: Parameters<typeof someCommit>[2] = {}): ReturnType<Store["commit"]> {
      return store.commit(partition, someCommit(lease, seq, writes));
    }

    async function committed(seq: number, writes: Parameters<typeof someCommit>[2] = {}): Promise<void> {
      expect(await commit(seq, writes)).toBe("committed");
    }

    /** The next owner takes the lease, then loads. */
    async function takeOver(holder = "b"): Promise<PartitionImage> {
      await under.leases.release(lease);
      lease = await own(holder);
      return other.load(partition, lease);
    }

    /** A commit that writes into everything there is; `mark` tells one from another. */
    function everything(mark: string): Partial<CommitRecord> {
      return {
        states: [
          { address: "Account/alice", state: mark },
          { address: `Account/${mark}`, state: mark },
        ],
        rows: [{ stream: "s", row: mark }],
        answers: [someAnswer("Account/alice", "s:1", mark)],
        stored: [{ address: "Account/alice", shift: 0, unshift: [], push: [mark] }],
        reminders: [{ id: "r", reminder: { dueAt: 1, text: mark } }],
        out: [{ target: "Invoice:g1:00", number: mark.length, prev: 0, message: mark }],
        holds: [{ address: "Account/alice", hold: mark }],
        marks: [{ identity: "s:1", mark }],
        due: [{ address: "Account/alice", dueAt: mark.length }],
        floor: mark.length,
      };
    }

    async function expectOnly(mark: string): Promise<void> {
      const image = await takeOver();
      expect(await collect(store.list(partition, "Account/"))).toHaveLength(2);
      expect(await store.readStates(partition, ["Account/alice"])).toEqual([mark]);
      expect(await store.readAnswers(partition, [answerKey("Account/alice", "s:1")])).toEqual([
        someAnswer("Account/alice", "s:1", mark),
      ]);
      expect(Object.fromEntries(image.rows)).toEqual({ s: mark });
      expect(Object.fromEntries(image.stored)).toEqual({ "Account/alice": [mark] });
      expect(Object.fromEntries(image.reminders)).toEqual({ r: { dueAt: 1, text: mark } });
      expect(image.outbox).toEqual([{ target: "Invoice:g1:00", number: mark.length, prev: 0, message: mark }]);
      expect(Object.fromEntries(image.outNumbers)).toEqual({ "Invoice:g1:00": mark.length });
      expect(Object.fromEntries(image.holds)).toEqual({ "Account/alice": mark });
      expect(Object.fromEntries(image.marks)).toEqual({ "s:1": mark });
      expect(await store.due(partition, Number.POSITIVE_INFINITY, 10)).toEqual([
        { address: "Account/alice", dueAt: mark.length },
      ]);
      expect(image.floor).toBe(mark.length);
    }

    describe("committing", () => {
      it("P4: writes states, rows, answers, stored messages, reminders, outbox, holds and marks together", async () => {
        await committed(1, everything("one"));
        await expectOnly("one");
      });

      it("P1: writes a repeated commit once", async () => {
        const push = { stored: [{ address: "Account/alice", shift: 0, unshift: [], push: ["m"] }] };
        await committed(1, push);
        expect(await commit(1, push)).toBe("already");
        expect((await takeOver()).stored.get("Account/alice")).toEqual(["m"]);
      });

      it("P1: writes one of two copies of a commit that are under way at once", async () => {
        const record = someCommit(lease, 1, {
          stored: [{ address: "Account/alice", shift: 0, unshift: [], push: ["m"] }],
        });
        const outcomes = await Promise.all([store.commit(partition, record), other.commit(partition, record)]);
        expect(outcomes.sort()).toEqual(["already", "committed"]);
        expect((await takeOver()).stored.get("Account/alice")).toEqual(["m"]);
      });

      it("P4: writes nothing of a late duplicate, whatever it holds", async () => {
        await committed(1, everything("one"));
        await committed(2);
        expect(await commit(1, everything("late"))).toBe("already");
        await expectOnly("one");
      });

      it("P1: takes a gap in the numbers for lost writes and writes nothing", async () => {
        await committed(1, everything("one"));
        expect(await commit(3, everything("gapped"))).toBe("rewound");
        await expectOnly("one");
      });

      it("P1: takes a fence that the store has never seen for lost writes and writes nothing", async () => {
        await committed(1, everything("one"));
        const record = someCommit({ fence: lease.fence + 1_000_000, nonce: lease.nonce }, 2, everything("future"));
        expect(await store.commit(partition, record)).toBe("rewound");
        await expectOnly("one");
      });

      it("P1: takes a partition that the store has never heard of for lost writes", async () => {
        const unknown = partitionId(someMailbox(), 0);
        expect(await store.commit(unknown, someCommit(lease, 1, everything("one")))).toBe("rewound");
        expect(await collect(store.list(unknown, ""))).toEqual([]);
      });

      it("P6: refuses an owner whose fence was passed, whatever number it commits", async () => {
        await committed(1, everything("one"));
        const zombie = lease;
        await takeOver("b");
        expect(await store.commit(partition, someCommit(zombie, 2, everything("zombie")))).toBe("fenced");
        expect(await store.commit(partition, someCommit(zombie, 1, everything("zombie")))).toBe("fenced");
        await expectOnly("one");
      });

      it("P6: refuses the right fence with another nonce", async () => {
        await committed(1, everything("one"));
        const twin = someCommit({ fence: lease.fence, nonce: "0000000000000000" }, 2, everything("twin"));
        expect(await store.commit(partition, twin)).toBe("fenced");
        await expectOnly("one");
      });

      it("P6: refuses an owner whose lease has run out, even if nobody else took it", async () => {
        await under.leases.release(lease);
        lease = await own("a", 3 * under.ttlMs);
        await committed(1, everything("one"));
        await under.pass(3 * under.ttlMs * 1.5);
        expect(await commit(2, everything("too late"))).toBe("fenced");
        await expectOnly("one");
      });

      it("answers a repeat of its last commit also after the lease has run out", async () => {
        await under.leases.release(lease);
        lease = await own("a", 3 * under.ttlMs);
        await committed(1);
        await under.pass(3 * under.ttlMs * 1.5);
        expect(await commit(1)).toBe("already");
      });

      it("goes on with the next number under the next owner", async () => {
        await committed(1);
        await committed(2);
        expect((await takeOver("b")).seq).toBe(2);
        expect(await commit(2)).toBe("already");
        await committed(3);
        expect((await takeOver("c")).seq).toBe(3);
      });

      it("keeps partitions apart", async () => {
        const neighbour = partitionId(someMailbox(), 0);
        await committed(1, everything("one"));
        expect(await collect(store.list(neighbour, ""))).toEqual([]);
        expect(await store.readStates(neighbour, ["Account/alice"])).toEqual([undefined]);
      });

      it("takes states of a megabyte and groups of a thousand turns", async () => {
        const big = "ä".repeat(500_000);
        const states = Array.from({ length: 1_000 }, (_, index) => ({
          address: `Account/${index}`,
          state: `${index}`,
        }));
        await committed(1, { states: [...states, { address: "Account/big", state: big }] });
        const read = await other.readStates(partition, ["Account/999", "Account/big"]);
        expect(read[0]).toBe("999");
        expect(read[1] === big).toBe(true);
      });
    });

    describe("loading", () => {
      it("T1: shows a new owner all that the one before it committed", async () => {
        await committed(1, { rows: [{ stream: "s", row: "1" }] });
        await committed(2, { rows: [{ stream: "t", row: "7,9-12,~13-13" }] });
        const image = await takeOver("b");
        expect(image.seq).toBe(2);
        expect(Object.fromEntries(image.rows)).toEqual({ s: "1", t: "7,9-12,~13-13" });
        expect(image.rewound).toBe(false);
      });

      it("shows an empty image to the first owner", async () => {
        const image = await store.load(partition, lease);
        expect(image).toMatchObject({ seq: 0, floor: 0, outbox: [], rewound: false });
        for (const map of [image.rows, image.stored, image.reminders, image.outNumbers, image.holds, image.marks]) {
          expect(map.size).toBe(0);
        }
      });

      it("T1: refuses whoever does not hold the lease", async () => {
        const former = lease;
        await takeOver("b");
        await expect(store.load(partition, former)).rejects.toThrow(LostOwnershipError);
        await under.leases.release(lease);
        await expect(store.load(partition, lease)).rejects.toThrow(LostOwnershipError);
      });

      it("refuses the lease of another partition", async () => {
        const neighbour = partitionId(someMailbox(), 1);
        await expect(store.load(neighbour, lease)).rejects.toThrow(LostOwnershipError);
      });

      it("is not changed by later commits", async () => {
        await committed(1, everything("one"));
        const image = await store.load(partition, lease);
        await committed(2, everything("other"));
        expect(image.rows.get("s")).toBe("one");
        expect(image.stored.get("Account/alice")).toEqual(["one"]);
      });

      it("O2: tells the next owner that the store has lost writes, once one of its owners found out", async () => {
        await committed(1);
        expect(await commit(3)).toBe("rewound");
        expect((await takeOver("b")).rewound).toBe(true);
        expect((await takeOver("c")).rewound).toBe(false);
      });
    });

    describe("states", () => {
      it("reads states in the order asked for", async () => {
        await committed(1, {
          states: [
            { address: "Account/a", state: "1" },
            { address: "Account/b", state: "2" },
          ],
        });
        expect(await other.readStates(partition, ["Account/b", "Account/none", "Account/a", "Account/b"])).toEqual([
          "2",
          undefined,
          "1",
          "2",
        ]);
        expect(await other.readStates(partition, [])).toEqual([]);
      });

      it("deletes a state for good", async () => {
        await committed(1, { states: [{ address: "Account/a", state: "1" }] });
        await committed(2, { states: [{ address: "Account/a", state: undefined }] });
        expect(await store.readStates(partition, ["Account/a"])).toEqual([undefined]);
        expect(await collect(store.list(partition, ""))).toEqual([]);
      });

      it.each(awkwardKeys)(
        "keeps the state of the key %j apart from all others and finds it by prefix",
        async (key) => {
          const address = `Account/${key}`;
          const states = awkwardKeys.map((each) => ({ address: `Account/${each}`, state: `state of ${each}` }));
          await committed(1, { states });
          expect(await other.readStates(partition, [address])).toEqual([`state of ${key}`]);
          const found = await collect(other.list(partition, address));
          const expected = states.filter((state) => state.address.startsWith(address));
          expect(found.sort((a, b) => (a.address < b.address ? -1 : 1))).toEqual(
            expected.sort((a, b) => (a.address < b.address ? -1 : 1)),
          );
        },
      );

      it("lists by type and by the beginning of a key", async () => {
        const addresses = ["Account/alice", "Account/albert", "Account/bob", "Accounting/alice"];
        await committed(1, { states: addresses.map((address) => ({ address, state: "{}" })) });
        const listed = async (prefix: string): Promise<string[]> =>
          (await collect(other.list(partition, prefix))).map(({ address }) => address).sort();
        expect(await listed("Account/")).toEqual(["Account/albert", "Account/alice", "Account/bob"]);
        expect(await listed("Account/al")).toEqual(["Account/albert", "Account/alice"]);
        expect(await listed("Account/z")).toEqual([]);
        expect(await listed("")).toHaveLength(4);
      });

      it("lists thousands, each once", async () => {
        const states = Array.from({ length: 3_000 }, (_, index) => ({
          address: `Account/${index}`,
          state: `${index}`,
        }));
        await committed(1, { states });
        const listed = await collect(other.list(partition, "Account/"));
        expect(listed).toHaveLength(3_000);
        expect(new Set(listed.map(({ address }) => address)).size).toBe(3_000);
      });
    });

    describe("answers", () => {
      it("P2: keeps answers by actor and identity", async () => {
        const [alice, bob] = [someAnswer("Account/alice", "u:pay", "1"), someAnswer("Account/bob", "u:pay", "2")];
        await committed(1, { answers: [alice, bob] });
        const read = await other.readAnswers(partition, [
          answerKey("Account/bob", "u:pay"),
          answerKey("Account/alice", "u:other"),
          answerKey("Account/alice", "u:pay"),
        ]);
        expect(read).toEqual([bob, undefined, alice]);
        expect(await other.readAnswers(partition, [])).toEqual([]);
      });

      it("tells actor and identity apart where their texts run together", async () => {
        const [one, two] = [someAnswer("Account/a", "|b", "1"), someAnswer("Account/a|", "b", "2")];
        await committed(1, { answers: [one, two] });
        expect(await store.readAnswers(partition, [one.key, two.key])).toEqual([one, two]);
      });

      it("forgets an answer that its sender has", async () => {
        await committed(1, { answers: [someAnswer("Account/alice", "s:1"), someAnswer("Account/alice", "s:2")] });
        await committed(2, { settled: [answerKey("Account/alice", "s:1")] });
        expect(
          await store.readAnswers(partition, [answerKey("Account/alice", "s:1"), answerKey("Account/alice", "s:2")]),
        ).toEqual([undefined, someAnswer("Account/alice", "s:2")]);
      });

      it("forgets all answers of an erased actor, and none of its neighbours", async () => {
        const erased = [someAnswer("Account/al", "s:1"), someAnswer("Account/al", "u:pay")];
        const neighbours = [someAnswer("Account/alice", "s:1"), someAnswer("Account/a", "ls:1")];
        await committed(1, { answers: [...erased, ...neighbours] });
        await committed(2, { erased: ["Account/al"] });
        expect(
          await store.readAnswers(
            partition,
            erased.map(({ key }) => key),
          ),
        ).toEqual([undefined, undefined]);
        expect(
          await store.readAnswers(
            partition,
            neighbours.map(({ key }) => key),
          ),
        ).toEqual(neighbours);
      });

      it("P2: keeps an answer for its retention, also across owners, and forgets it after twice that time", async () => {
        const { retentionMs } = under;
        const kept = someAnswer("Account/alice", "u:pay");
        const go = (seq: number): Promise<void> =>
          committed(seq, { answerRetentionMs: retentionMs, answers: [someAnswer("Account/other", `s:${seq}`)] });

        await committed(1, { answerRetentionMs: retentionMs, answers: [kept] });
        await under.pass(retentionMs * 0.5);
        await go(2);
        await takeOver("b");
        expect(await store.readAnswers(partition, [kept.key])).toEqual([kept]);
        for (const seq of [3, 4, 5]) {
          await under.pass(retentionMs * 1.1);
          await go(seq);
        }
        expect(await store.readAnswers(partition, [kept.key])).toEqual([undefined]);
      });

      it("P2: does not forget an answer early because another type keeps its own for less long", async () => {
        const kept = someAnswer("Account/alice", "u:pay");
        await committed(1, { answerRetentionMs: 600_000, answers: [kept] });
        for (const seq of [2, 3, 4]) {
          await under.pass(under.retentionMs * 1.1);
          await committed(seq, { answerRetentionMs: under.retentionMs, answers: [someAnswer("Brief/b", `s:${seq}`)] });
        }
        expect(await store.readAnswers(partition, [kept.key])).toEqual([kept]);
      });
    });

    describe("stored messages", () => {
      async function storedAfter(
        ...writes: { shift?: number; unshift?: string[]; push?: string[] }[]
      ): Promise<unknown> {
        for (const [index, { shift = 0, unshift = [], push = [] }] of writes.entries()) {
          await committed(index + 1, { stored: [{ address: "Account/alice", shift, unshift, push }] });
        }
        return (await takeOver()).stored.get("Account/alice");
      }

      it("P3: appends in order", async () => {
        expect(await storedAfter({ push: ["a", "b"] }, { push: ["c"] })).toEqual(["a", "b", "c"]);
      });

      it("P3: takes from the front before it appends", async () => {
        expect(await storedAfter({ push: ["a", "b", "c"] }, { shift: 2, push: ["d"] })).toEqual(["c", "d"]);
      });

      it("P3: puts back to the front what has to run again, in place of what it took", async () => {
        const expected = ["a, second attempt", "b", "c"];
        expect(
          await storedAfter({ push: ["a", "b"] }, { shift: 1, unshift: ["a, second attempt"], push: ["c"] }),
        ).toEqual(expected);
      });

      it("P3: keeps the order of several that come back", async () => {
        expect(await storedAfter({ push: ["x"] }, { unshift: ["a", "b"] })).toEqual(["a", "b", "x"]);
      });

      it("does not show an actor that has none left", async () => {
        expect(await storedAfter({ push: ["a", "b"] }, { shift: 2 })).toBeUndefined();
      });
    });

    describe("outbox", () => {
      const target = "Invoice:g1:00";
      const entry = (number: number, prev: number): CommitRecord["out"][number] => ({
        target,
        number,
        prev,
        message: `m${number}`,
      });

      it("P1: keeps what is not confirmed, oldest first, and trims up to the number confirmed", async () => {
        await committed(1, { out: [entry(5, 0), entry(6, 5)] });
        await committed(2, { out: [entry(1_700_000_000_000_001, 6)], outTrim: [{ target, upTo: 5 }] });
        const image = await takeOver();
        expect(image.outbox).toEqual([entry(6, 5), entry(1_700_000_000_000_001, 6)]);
        expect(image.outNumbers.get(target)).toBe(1_700_000_000_000_001);
      });

      it("S2: remembers the last number given to a target after all is trimmed", async () => {
        await committed(1, { out: [entry(5, 0)] });
        await committed(2, { outTrim: [{ target, upTo: 5 }] });
        const image = await takeOver();
        expect(image.outbox).toEqual([]);
        expect(image.outNumbers.get(target)).toBe(5);
      });

      it("trims each target by its own numbers, dead letters too", async () => {
        const dead = { ...entry(9, 0), target: "dead:Account" } as const;
        await committed(1, { out: [entry(5, 0), dead] });
        await committed(2, { outTrim: [{ target, upTo: 100 }] });
        await committed(3, { outTrim: [{ target: "Never:g1:00", upTo: 100 }] });
        expect((await takeOver()).outbox).toEqual([dead]);
      });
    });

    describe("rows, reminders, holds and marks", () => {
      it("replaces and forgets them by name", async () => {
        const reminder = { dueAt: 1_700_000_000_000, text: '{"every":"1h"}' };
        await committed(1, {
          rows: [
            { stream: "s", row: "1" },
            { stream: "t", row: "1" },
          ],
          reminders: [
            { id: "Account/alice#tick", reminder: { dueAt: 1, text: "first" } },
            { id: "Account/bob#tick", reminder },
          ],
          holds: [
            { address: "Account/alice", hold: "first" },
            { address: "Account/bob", hold: "first" },
          ],
          marks: [
            { identity: "s:1", mark: "1" },
            { identity: "s:2", mark: "2" },
          ],
        });
        await committed(2, {
          rows: [
            { stream: "s", row: "2" },
            { stream: "t", row: undefined },
          ],
          reminders: [
            { id: "Account/alice#tick", reminder },
            { id: "Account/bob#tick", reminder: undefined },
          ],
          holds: [
            { address: "Account/alice", hold: undefined },
            { address: "Account/bob", hold: "second" },
          ],
          marks: [
            { identity: "s:1", mark: undefined },
            { identity: "s:2", mark: "3,alone" },
          ],
        });
        const image = await takeOver();
        expect(Object.fromEntries(image.rows)).toEqual({ s: "2" });
        expect(Object.fromEntries(image.reminders)).toEqual({ "Account/alice#tick": reminder });
        expect(Object.fromEntries(image.holds)).toEqual({ "Account/bob": "second" });
        expect(Object.fromEntries(image.marks)).toEqual({ "s:2": "3,alone" });
      });

      it("lists who has reminders that are due, the earliest first", async () => {
        const due = (limit: number, until = 1_700_000_000_002) => store.due(partition, until, limit);
        await committed(1, {
          due: [
            { address: "Account/late", dueAt: 1_700_000_000_003 },
            { address: "Account/second", dueAt: 1_700_000_000_002 },
            { address: "Account/gone", dueAt: 1 },
            { address: "Account/moved", dueAt: 2 },
          ],
        });
        expect(await due(2)).toEqual([
          { address: "Account/gone", dueAt: 1 },
          { address: "Account/moved", dueAt: 2 },
        ]);
        await committed(2, {
          due: [
            { address: "Account/gone", dueAt: undefined },
            { address: "Account/moved", dueAt: 1_700_000_000_001 },
            { address: "Account/never", dueAt: undefined },
          ],
        });
        expect(await due(10)).toEqual([
          { address: "Account/moved", dueAt: 1_700_000_000_001 },
          { address: "Account/second", dueAt: 1_700_000_000_002 },
        ]);
        expect(await due(10, Number.POSITIVE_INFINITY)).toHaveLength(3);
        expect(await due(10, 0)).toEqual([]);
      });

      it("keeps the floor until a commit raises it", async () => {
        await committed(1, { floor: 1_700_000_000_000 });
        await committed(2);
        expect((await takeOver()).floor).toBe(1_700_000_000_000);
      });
    });

    describe("the namespace", () => {
      it("is the same for everybody", async () => {
        const record = await store.namespace();
        expect(record.storeId).not.toBe("");
        expect(record.generation).toBeGreaterThanOrEqual(1);
        expect((await other.namespace()).storeId).toBe(record.storeId);
      });

      it("records a mailbox and the types that share it", async () => {
        const mailbox = someMailbox(unique("orders"));
        const types = [unique("Order"), unique("Invoice")];
        expect(await store.registerMailbox(mailbox, types)).toEqual(mailbox);
        const { mailboxes, types: known } = await other.namespace();
        expect(mailboxes[mailbox.name]).toEqual({ partitions: mailbox.partitions, generation: mailbox.generation });
        for (const type of types) expect(known[type]).toBe(mailbox.name);
      });

      it("adds types to a mailbox that is known", async () => {
        const mailbox = someMailbox(unique("orders"));
        const [early, late] = [unique("Order"), unique("Invoice")];
        await store.registerMailbox(mailbox, [early]);
        await other.registerMailbox(mailbox, [late]);
        const { types } = await store.namespace();
        expect([types[early], types[late]]).toEqual([mailbox.name, mailbox.name]);
      });

      it("keeps the partition count of whoever came first, and says so", async () => {
        const mailbox = someMailbox();
        const types = [mailbox.name];
        const answers = await Promise.all([
          store.registerMailbox({ ...mailbox, partitions: 8 }, types),
          other.registerMailbox({ ...mailbox, partitions: 16 }, types),
        ]);
        expect(answers[0]).toEqual(answers[1]);
        expect(await store.registerMailbox({ ...mailbox, partitions: 32 }, types)).toEqual(answers[0]);
      });

      it("takes a mailbox named like a property that every object has", async () => {
        const mailbox = { name: "constructor", generation: 1, partitions: 4 };
        expect(await store.registerMailbox(mailbox, ["constructor"])).toEqual(mailbox);
      });

      it("records stateless types with how their calls are spread, and forgets none for another", async () => {
        const [early, late] = [unique("Resize"), unique("Scan")];
        await store.registerPools({ [early]: "random", constructor: "least-busy" });
        await other.registerPools({ [late]: "fastest", [early]: "weighted" });
        const { pools, types } = await store.namespace();
        expect([pools[early], pools[late], pools["constructor"]]).toEqual(["weighted", "fastest", "least-busy"]);
        expect(Object.keys(types)).not.toContain(early);
      });

      it("knows what is paused, once each, until it is let go", async () => {
        const [type, address] = [unique("Account"), `${unique("Account")}/alice`];
        await store.pause(type, true);
        await store.pause(type, true);
        expect((await other.pause(address, true)).paused.filter((one) => one === type)).toEqual([type]);
        expect((await store.namespace()).paused).toEqual(expect.arrayContaining([type, address]));
        await other.pause(type, false);
        expect((await store.namespace()).paused).not.toContain(type);
        expect((await store.pause(address, false)).paused).not.toContain(address);
      });

      it("T1: lets holes pass in every partition once its content was replaced on purpose", async () => {
        await committed(1);
        const { generation } = await store.namespace();
        expect((await other.adopt()).generation).toBeGreaterThan(generation);
        expect((await takeOver()).rewound).toBe(true);
      });

      it("has a clock that goes on", async () => {
        const before = await store.time();
        await under.pass(5);
        const after = await other.time();
        expect(after).toBeGreaterThan(before);
        expect(after).toBeLessThan(before + 60_000);
      });
    });
  });
}
