import {
  type Cancel,
  type Change,
  type Inquiry,
  type InquiryOptions,
  type Leases,
  type Member,
  type Membership,
  maxResponseBytes,
  type Placement,
  type PlacementTable,
} from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { granted } from "./leases.contract.js";
import { eventually, unique } from "./samples.js";

export interface MembershipUnderTest {
  /** Of a namespace that nobody has joined yet. */
  readonly port: Membership;
  /** Another process's connection to the same store and namespace. */
  readonly other: Membership;
  /** Leases of the same store and namespace, as the other process holds them. */
  readonly leases: Leases;
  /** Name of a lease whose hints come in order with those of members: in a cluster, one on their server. */
  marker(text: string): string;
  /** A time to live that `pass` can outlast. Where calls must come within it, it is tripled: real stores may be slow. */
  readonly ttlMs: number;
  /** The store's wall clock, give or take `toleranceMs`. */
  now(): number;
  readonly toleranceMs: number;
  /** Lets time pass, at least this long. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

const longTtlMs = 600_000;

/** A worker that hosts accounts, in its first run unless told otherwise. */
export function someMember(id: string, changes: Partial<Member> = {}): Member {
  return {
    id,
    incarnation: `${id}-1`,
    types: ["Account", "$Lock"],
    weight: 1,
    build: "b1",
    state: "ready",
    ...changes,
  };
}

/** What every membership does, whatever keeps it. */
export function membershipContract(name: string, make: () => Promise<MembershipUnderTest>): void {
  describe(`${name}: membership`, () => {
    const [a, b] = [someMember("a"), someMember("b")];
    const laterA = someMember("a", { incarnation: "a-2" });
    let under: MembershipUnderTest;
    let membership: Membership;
    let other: Membership;

    beforeEach(async () => {
      under = await make();
      ({ port: membership, other } = under);
    });

    afterEach(() => under.dispose());

    async function memberIds(): Promise<string[]> {
      return (await other.view()).members.map(({ id }) => id);
    }

    async function joinedAt(id: string): Promise<number> {
      return (await other.view()).members.find((member) => member.id === id)!.joinedAt;
    }

    describe("members", () => {
      it("shows a member to everybody as it described itself, and when it joined", async () => {
        const member = someMember("a", {
          types: ["Account", "Invoice"],
          weight: 2.5,
          build: '2026-01-01T00:00:00Z "ключ"\n}',
          state: "unable",
        });
        const before = under.now();
        const joined = await membership.join(member, longTtlMs);
        expect(joined.members).toEqual([{ ...member, joinedAt: expect.any(Number) }]);
        expect(joined.members[0]!.joinedAt).toBeGreaterThanOrEqual(before - under.toleranceMs);
        expect(joined.members[0]!.joinedAt).toBeLessThanOrEqual(under.now() + under.toleranceMs);
        expect(await other.view()).toEqual(joined);
      });

      it("lists the members by id, whoever came first", async () => {
        await membership.join(b, longTtlMs);
        await other.join(a, longTtlMs);
        await membership.join(someMember("B"), longTtlMs);
        expect(await memberIds()).toEqual(["B", "a", "b"]);
      });

      it("raises the version when a member joins, changes, is replaced or leaves, and only then", async () => {
        const versions = [(await membership.view()).version];
        const steps: (() => Promise<unknown>)[] = [
          () => membership.join(a, longTtlMs),
          () => other.join(b, longTtlMs),
          () => membership.join({ ...a, weight: 2 }, longTtlMs),
          () => membership.join({ ...a, weight: 2, state: "draining" }, longTtlMs),
          () => membership.join({ ...a, types: ["Account"] }, longTtlMs),
          () => membership.join({ ...a, build: "b2" }, longTtlMs),
          () => other.join(laterA, longTtlMs),
          () => membership.leave(b),
        ];
        for (const step of steps) {
          await step();
          versions.push((await other.view()).version);
        }
        expect(versions).toEqual([...new Set(versions)].sort((one, two) => one - two));

        await membership.heartbeat(laterA, longTtlMs);
        await membership.heartbeat(b, longTtlMs);
        await membership.join(laterA, longTtlMs);
        await membership.leave(b);
        await membership.leave(someMember("never-joined"));
        await membership.place(unique("Account"), 0, { view: versions.at(-1)!, owners: ["a"], since: [1] });
        expect((await membership.view()).version).toBe(versions.at(-1));
        expect(await memberIds()).toEqual(["a"]);
      });

      it("keeps the time a run joined at when it joins again or changes, and gives a later run its own", async () => {
        await membership.join(a, longTtlMs);
        const first = await joinedAt("a");
        await under.pass(20);
        await membership.join(a, longTtlMs);
        expect(await joinedAt("a")).toBe(first);
        await membership.join({ ...a, state: "draining", weight: 3, build: "b2" }, longTtlMs);
        expect(await joinedAt("a")).toBe(first);
        await other.join(laterA, longTtlMs);
        expect(await joinedAt("a")).toBeGreaterThan(first);
      });

      it("replaces the member of the same id", async () => {
        await membership.join(a, longTtlMs);
        await other.join({ ...laterA, build: "b2" }, longTtlMs);
        expect((await membership.view()).members).toEqual([{ ...laterA, build: "b2", joinedAt: expect.any(Number) }]);
      });

      it("tells a run that was replaced, until it is the one that joins", async () => {
        await membership.join(a, longTtlMs);
        await other.join(laterA, longTtlMs);
        expect(await membership.heartbeat(a, longTtlMs)).toMatchObject({ own: "replaced" });
        expect(await other.heartbeat(laterA, longTtlMs)).toMatchObject({ own: "alive" });
        await membership.join(a, longTtlMs);
        expect(await membership.heartbeat(a, longTtlMs)).toMatchObject({ own: "alive" });
        expect(await other.heartbeat(laterA, longTtlMs)).toMatchObject({ own: "replaced" });
      });

      it("does not prolong the life of a later run by the heart of the one it replaced", async () => {
        await membership.join(a, longTtlMs);
        await other.join(laterA, under.ttlMs);
        await membership.heartbeat(a, longTtlMs);
        await under.pass(under.ttlMs * 1.5);
        expect(await memberIds()).toEqual([]);
        expect(await membership.heartbeat(a, longTtlMs)).toMatchObject({ own: "expired" });
      });

      it("keeps a later run when the one it replaced leaves", async () => {
        await membership.join(a, longTtlMs);
        const { version } = await other.join(laterA, longTtlMs);
        await membership.leave(a);
        expect(await other.view()).toMatchObject({ version, members: [laterA] });
        await other.leave(laterA);
        expect(await memberIds()).toEqual([]);
      });

      it("drops a member that fell silent when another one's heart beats", async () => {
        await membership.join(a, 3 * under.ttlMs);
        const { version } = await other.join(b, longTtlMs);
        await under.pass(3 * under.ttlMs * 1.5);
        const { view, own } = await other.heartbeat(b, longTtlMs);
        expect(own).toBe("alive");
        expect(view.members.map(({ id }) => id)).toEqual(["b"]);
        expect(view.version).toBeGreaterThan(version);
        expect(await other.view()).toEqual(view);
      });

      it("drops a member that fell silent when anybody looks", async () => {
        await membership.join(a, under.ttlMs);
        await under.pass(under.ttlMs * 1.5);
        expect(await memberIds()).toEqual([]);
      });

      it("drops a member whose own heart beats too late, before it can", async () => {
        const { version } = await membership.join(a, under.ttlMs);
        await under.pass(under.ttlMs * 1.5);
        const { view, own } = await membership.heartbeat(a, longTtlMs);
        expect(own).toBe("expired");
        expect(view.members).toEqual([]);
        expect(view.version).toBeGreaterThan(version);
      });

      it("takes a member that joins too late for one that was away", async () => {
        const { version } = await membership.join(a, 3 * under.ttlMs);
        const first = await joinedAt("a");
        await under.pass(3 * under.ttlMs * 1.5);
        const again = await membership.join(a, longTtlMs);
        expect(again.version).toBeGreaterThan(version);
        expect(await joinedAt("a")).toBeGreaterThan(first);
      });

      it("believes a member that comes back when it joined first", async () => {
        await membership.join(a, 3 * under.ttlMs);
        const first = await joinedAt("a");
        await under.pass(3 * under.ttlMs * 1.5);
        await membership.join({ ...a, joinedAt: first }, longTtlMs);
        expect(await joinedAt("a")).toBe(first);
      });

      it("is not taken back to an earlier run by a word of it that comes late", async () => {
        await membership.join(a, longTtlMs);
        const first = await joinedAt("a");
        await under.pass(10);
        const later = { ...a, incarnation: "later" };
        await membership.join(later, longTtlMs);
        const view = await membership.join({ ...a, joinedAt: first }, longTtlMs);
        expect(view.members.map(({ incarnation }) => incarnation)).toEqual(["later"]);
        expect((await membership.heartbeat(later, longTtlMs)).own).toBe("alive");
      });

      it("keeps a member whose heart beats", async () => {
        await membership.join(a, 3 * under.ttlMs);
        expect(await membership.heartbeat(a, longTtlMs)).toMatchObject({ own: "alive" });
        await under.pass(3 * under.ttlMs * 1.5);
        await other.join(b, longTtlMs);
        await other.heartbeat(b, longTtlMs);
        expect(await memberIds()).toEqual(["a", "b"]);
      });

      it("tells a member that it was dropped, until it joins again", async () => {
        await membership.join(a, under.ttlMs);
        await under.pass(under.ttlMs * 1.5);
        await other.join(b, longTtlMs);
        const dropped = await membership.heartbeat(a, longTtlMs);
        expect(dropped.own).toBe("expired");
        expect(dropped.view.members.map(({ id }) => id)).toEqual(["b"]);
        expect(await memberIds()).toEqual(["b"]);
        await membership.join(a, longTtlMs);
        expect(await membership.heartbeat(a, longTtlMs)).toMatchObject({ own: "alive" });
        expect(await memberIds()).toEqual(["a", "b"]);
      });

      it("says what time it is at the store", async () => {
        await membership.join(a, longTtlMs);
        const before = under.now();
        const { storeTime } = await membership.heartbeat(a, longTtlMs);
        expect(storeTime).toBeGreaterThanOrEqual(before - under.toleranceMs);
        expect(storeTime).toBeLessThanOrEqual(under.now() + under.toleranceMs);
      });

      it("knows of no next end while a member is alone", async () => {
        await membership.join(a, longTtlMs);
        expect(await membership.heartbeat(a, longTtlMs)).not.toHaveProperty("nextExpiryMs");
        await other.join(b, longTtlMs);
        await other.leave(b);
        expect(await membership.heartbeat(a, longTtlMs)).not.toHaveProperty("nextExpiryMs");
      });

      it("says when the next of the others will be dropped, whose heart moves it", async () => {
        const next = async () => (await membership.heartbeat(a, 1_000)).nextExpiryMs!;
        await membership.join(a, 1_000);
        await other.join(b, 200_000);
        await other.join(someMember("c"), 100_000);
        const first = await next();
        expect(first).toBeGreaterThan(0);
        expect(first).toBeLessThanOrEqual(100_000);
        await other.heartbeat(someMember("c"), 300_000);
        const second = await next();
        expect(second).toBeGreaterThan(100_000);
        expect(second).toBeLessThanOrEqual(200_000);
        await other.heartbeat(b, 50_000);
        const third = await next();
        expect(third).toBeGreaterThan(0);
        expect(third).toBeLessThanOrEqual(50_000);
      });

      it("finds a member dropped that it looks for when it was told to", async () => {
        await membership.join(a, longTtlMs);
        await other.join(b, under.ttlMs);
        const { nextExpiryMs } = await membership.heartbeat(a, longTtlMs);
        await under.pass(nextExpiryMs!);
        expect((await membership.heartbeat(a, longTtlMs)).view.members).toMatchObject([a]);
      });

      it("lets eight that join at once all in, and eight that leave at once all out", async () => {
        const many = Array.from({ length: 8 }, (_, index) => someMember(`w${index}`));
        const port = (index: number) => (index % 2 === 0 ? membership : other);
        const views = await Promise.all(many.map((member, index) => port(index).join(member, longTtlMs)));
        expect(new Set(views.map(({ version }) => version)).size).toBe(8);
        expect(await memberIds()).toEqual(many.map(({ id }) => id));
        await Promise.all(many.map((member, index) => port(index + 1).leave(member)));
        expect(await memberIds()).toEqual([]);
      });
    });

    describe("placement", () => {
      let view: number;

      beforeEach(async () => {
        view = (await membership.join(a, longTtlMs)).version;
      });

      function table(owners: readonly (string | undefined)[], changes: Partial<PlacementTable> = {}): PlacementTable {
        return { view, owners, since: owners.map(() => 1), ...changes };
      }

      async function placement(mailbox: string): Promise<Placement | undefined> {
        return (await other.placements([mailbox]))[0];
      }

      it("knows none before somebody wrote one", async () => {
        expect(await membership.placements([unique("Account")])).toEqual([undefined]);
        expect(await membership.placements([])).toEqual([]);
      });

      it("keeps the placement of each mailbox, partitions that nobody hosts included, and answers in the order asked", async () => {
        const [accounts, invoices] = [unique("Account"), unique("Invoice")];
        const first = table(["a", undefined, "b"], { since: [1, 1, 0] });
        await membership.place(accounts, 0, first);
        await membership.place(invoices, 0, table(["c"]));
        const [none, two, one] = await other.placements([unique("Order"), invoices, accounts]);
        expect(none).toBeUndefined();
        expect(two).toEqual({ version: 1, ...table(["c"]) });
        expect(one).toEqual({ version: 1, ...first });
      });

      it("replaces the placement it was computed from, and answers a later one to whoever is late", async () => {
        const mailbox = unique("Account");
        expect(await membership.place(mailbox, 0, table(["a"]))).toEqual({ version: 1, ...table(["a"]) });
        const second = { version: 2, ...table(["b"], { since: [2] }) };
        expect(await membership.place(mailbox, 1, table(["b"], { since: [2] }))).toEqual(second);
        expect(await other.place(mailbox, 1, table(["c"]))).toEqual(second);
        expect(await other.place(mailbox, 0, table(["c"]))).toEqual(second);
        expect(await other.place(mailbox, 3, table(["c"]))).toEqual(second);
        expect(await placement(mailbox)).toEqual(second);
      });

      it("refuses a placement made for another view, and answers the one in effect, if any", async () => {
        const mailbox = unique("Account");
        await other.join(b, longTtlMs);
        expect(await membership.place(mailbox, 0, table(["a"]))).toBeUndefined();
        expect(await placement(mailbox)).toBeUndefined();

        view = (await other.view()).version;
        expect(await membership.place(mailbox, 0, table(["a"], { view: view + 1 }))).toBeUndefined();
        const placed = await membership.place(mailbox, 0, table(["b"]));
        await other.join({ ...b, state: "draining" }, longTtlMs);
        expect(await membership.place(mailbox, 1, table(["a"]))).toEqual(placed);
        expect(await placement(mailbox)).toEqual(placed);
      });

      it("refuses a placement for a member whose time ran out and that nobody has missed yet", async () => {
        const mailbox = unique("Account");
        view = (await other.join(b, under.ttlMs)).version;
        await under.pass(under.ttlMs * 1.5);
        expect(await membership.place(mailbox, 0, table(["b"]))).toBeUndefined();
        expect(await memberIds()).toEqual(["a"]);
      });

      it("answers none to whoever expects one that was never written", async () => {
        expect(await membership.place(unique("Account"), 3, table(["a"]))).toBeUndefined();
      });

      it("lets one of many win who write at once, and tells all of them who", async () => {
        const mailbox = unique("Account");
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 === 0 ? membership : other).place(mailbox, 0, table([`w${index}`])),
          ),
        );
        const inEffect = await placement(mailbox);
        expect(inEffect!.version).toBe(1);
        for (const answer of answers) expect(answer).toEqual(inEffect);
      });

      it("keeps what it was given, whatever the caller does to it afterwards", async () => {
        const mailbox = unique("Account");
        const [owners, since] = [["a"], [1]];
        await membership.place(mailbox, 0, { view, owners, since });
        owners[0] = "b";
        since[0] = 9;
        expect(await placement(mailbox)).toMatchObject({ owners: ["a"], since: [1] });
      });
    });

    describe("hints", () => {
      /** Hears what it is told; from here on nothing that happens is missed. */
      async function listen(port = membership) {
        const heard: Change[] = [];
        const cancel = port.watch((change) => void heard.push(change));
        await marked(heard);
        heard.length = 0;
        return { heard, cancel };
      }

      /** Until those who listen must have heard of all that was done before. */
      async function marked(heard: readonly Change[]): Promise<void> {
        const markers = new Set<string>();
        await eventually(async () => {
          if (heard.some((change) => change.about === "released" && markers.has(change.lease))) return;
          // Another one each time: whoever does not listen yet misses it.
          const marker = granted(await under.leases.acquire(under.marker(unique("marker")), "marker", longTtlMs));
          markers.add(marker.name);
          await under.leases.release(marker);
          throw new Error("no marker was heard");
        });
      }

      /** What was heard of what was done meanwhile, without markers, and at least what is expected. */
      async function heardOf(done: () => Promise<unknown>, ...expected: Change[]): Promise<Change[]> {
        const { heard, cancel } = await listen();
        await done();
        await eventually(() => expect(heard).toEqual(expect.arrayContaining(expected)));
        await marked(heard);
        cancel();
        return heard.filter((change) => change.about !== "released" || !change.lease.includes("marker"));
      }

      const view = { about: "view" } as const;

      it("come when a member joins, changes, is replaced or leaves, whoever it is", async () => {
        await heardOf(() => other.join(a, longTtlMs), view);
        await heardOf(() => membership.join(b, longTtlMs), view);
        await heardOf(() => other.join({ ...a, state: "draining" }, longTtlMs), view);
        await heardOf(() => other.join(laterA, longTtlMs), view);
        await heardOf(() => other.leave(laterA), view);
      });

      it("do not come when nothing changed", async () => {
        await other.join(a, longTtlMs);
        await other.join(laterA, longTtlMs);
        const { version } = await other.join(b, longTtlMs);
        const mailbox = unique("Account");
        const unchanged = async () => {
          await other.heartbeat(b, longTtlMs);
          await other.heartbeat(a, longTtlMs);
          await other.join(b, longTtlMs);
          await other.leave(a);
          await other.view();
          await other.place(mailbox, 1, { view: version, owners: ["a"], since: [1] });
          await other.place(mailbox, 0, { view: version - 1, owners: ["a"], since: [1] });
        };
        expect(await heardOf(unchanged)).toEqual([]);
      });

      it("come when anybody finds that a member's time ran out", async () => {
        await other.join(b, longTtlMs);
        const { version } = await other.view();
        const table = { view: version, owners: ["b"], since: [1] };
        const finds: (() => Promise<unknown>)[] = [
          () => other.heartbeat(b, longTtlMs),
          () => other.view(),
          () => other.join(b, longTtlMs),
          () => other.leave(someMember("never-joined")),
          () => other.place(unique("Account"), 0, table),
        ];
        for (const finding of finds) {
          await membership.join(a, under.ttlMs);
          await under.pass(under.ttlMs * 1.5);
          await heardOf(finding, view);
          expect((await other.view()).members).toMatchObject([b]);
        }
      });

      it("come when a placement was written, with its mailbox", async () => {
        const { version } = await other.join(a, longTtlMs);
        const [accounts, system] = [unique("Account"), unique("$system")];
        const placing = async () => {
          await other.place(accounts, 0, { view: version, owners: ["a"], since: [1] });
          await membership.place(system, 0, { view: version, owners: ["a"], since: [1] });
        };
        const hints = [accounts, system].map((mailbox): Change => ({ about: "placement", mailbox }));
        expect(await heardOf(placing, ...hints)).toEqual(hints);
      });

      it("come when a lease was given back, with its name, whatever characters that holds", async () => {
        for (const freed of [`${unique("Account")}:g1:00`, `${unique("report")}:2026 {ключ}`]) {
          const lease = granted(await under.leases.acquire(freed, "w", longTtlMs));
          const hint = { about: "released", lease: freed } as const;
          expect(await heardOf(() => under.leases.release(lease), hint)).toEqual([hint]);
        }
      });

      it("do not come when a lease was not given back: another holds it, it had ended, or it was given back before", async () => {
        const [taken, ended, freed] = ["taken", "ended", "freed"].map((text) => under.marker(unique(text)));
        const stale = granted(await under.leases.acquire(taken!, "a", under.ttlMs));
        const over = granted(await under.leases.acquire(ended!, "a", under.ttlMs));
        await under.pass(under.ttlMs * 1.5);
        granted(await under.leases.acquire(taken!, "b", longTtlMs));
        const given = granted(await under.leases.acquire(freed!, "a", longTtlMs));
        await under.leases.release(given);
        const releasing = async () => {
          for (const lease of [stale, over, given]) await under.leases.release(lease);
        };
        expect(await heardOf(releasing)).toEqual([]);
      });

      it("come to all who watch, until they no longer want to", async () => {
        const first = await listen();
        const second = await listen();
        const third = await listen(other);
        first.cancel();
        first.cancel();
        first.heard.length = 0;
        await membership.join(a, longTtlMs);
        for (const { heard } of [second, third]) await marked(heard);
        expect(second.heard).toContainEqual(view);
        expect(third.heard).toContainEqual(view);
        expect(first.heard).toEqual([]);
      });

      it("come for each time that one watches", async () => {
        const heard: Change[] = [];
        const changed = (change: Change) => void heard.push(change);
        const cancels = [membership.watch(changed), membership.watch(changed)];
        await marked(heard);
        heard.length = 0;
        cancels[0]!();
        await other.join(a, longTtlMs);
        await eventually(() => expect(heard).toContainEqual(view));
        cancels[1]!();
      });

      it("come after what they tell of can be seen", async () => {
        await other.join(a, longTtlMs);
        const seen: Promise<string[]>[] = [];
        const { cancel } = await listen();
        const watching = membership.watch(({ about }) => {
          if (about === "view") seen.push(membership.view().then(({ members }) => members.map(({ id }) => id)));
        });
        await other.join(b, longTtlMs);
        await eventually(() => expect(seen).not.toHaveLength(0));
        expect(await seen[0]).toEqual(["a", "b"]);
        watching();
        cancel();
      });
    });

    describe("questions", () => {
      /** Where somebody stays silent, so that it passes; who waits for all is given theirs once they are there. */
      const silence = { timeoutMs: 500 };
      const responding: Cancel[] = [];

      afterEach(() => {
        for (const cancel of responding.splice(0)) cancel();
      });

      async function ask(question: string, options: Partial<InquiryOptions> = {}, port = membership): Promise<Inquiry> {
        const asking = port.inquire(question, { timeoutMs: longTtlMs, ...options });
        const over = asking.then(() => true);
        let isOver = false;
        while (!isOver) isOver = await Promise.race([over, under.pass(10).then(() => false)]);
        return asking;
      }

      /** Joins as a member that responds, and that hears whatever it is asked from here on. */
      async function join(port: Membership, member: Member, respond: (question: string) => string): Promise<Cancel> {
        const cancel = port.respond(member, respond);
        responding.push(cancel);
        await port.join(member, longTtlMs);
        // The first question may come before it listens: then another does, soon.
        const there = { of: [member.id], timeoutMs: 50 };
        await eventually(async () => expect((await ask("there?", there)).silent).toEqual([]));
        return cancel;
      }

      it("get the response of every member, whoever asks", async () => {
        await join(membership, a, (question) => `a: ${question}`);
        await join(other, b, (question) => `b: ${question}`);
        for (const port of [membership, other]) {
          const { responses, silent } = await ask('how?\n"ключ"', {}, port);
          expect(Object.fromEntries(responses)).toEqual({ a: 'a: how?\n"ключ"', b: 'b: how?\n"ключ"' });
          expect(silent).toEqual([]);
        }
      });

      it("name the members that did not respond in time, and give what the others said", async () => {
        await join(membership, b, () => "here");
        await other.join(a, longTtlMs);
        await other.join(someMember("c"), longTtlMs);
        expect(await ask("who?", silence)).toEqual({ responses: new Map([["b", "here"]]), silent: ["a", "c"] });
      });

      it("do not wait for anybody when all have responded, or nobody is there", async () => {
        const nobody = await membership.inquire("who?", { timeoutMs: longTtlMs });
        expect(nobody).toEqual({ responses: new Map(), silent: [] });
        await join(other, a, () => "here");
        const { responses } = await membership.inquire("who?", { timeoutMs: longTtlMs });
        expect(responses.get("a")).toBe("here");
      });

      it("are put only to those who are named and there", async () => {
        const heard: string[] = [];
        await join(membership, a, () => "a");
        await join(other, b, (question) => {
          heard.push(question);
          return "b";
        });
        heard.length = 0;
        const { responses, silent } = await ask("who?", { of: ["a", "never-joined"] });
        expect([[...responses.keys()], silent, heard]).toEqual([["a"], [], []]);
        expect(await ask("who?", { of: [] })).toEqual({ responses: new Map(), silent: [] });
      });

      it("get a response of 1 MiB whole, and of what is longer nothing", async () => {
        const whole = "x".repeat(maxResponseBytes - 2) + "é";
        await join(other, a, (question) => (question === "much?" ? whole : question === "more?" ? `${whole}x` : ""));
        expect((await ask("much?")).responses.get("a")).toBe(whole);
        expect(await ask("more?", silence)).toEqual({ responses: new Map(), silent: ["a"] });
        expect((await ask("none?")).responses.get("a")).toBe("");
      });

      it("of several at once get the responses to their own question each", async () => {
        await join(membership, a, (question) => `a: ${question}`);
        await join(other, b, (question) => `b: ${question}`);
        const asked = Array.from({ length: 10 }, (_, number) => `${number}?`);
        const inquiries = await Promise.all(
          asked.map((question, number) => ask(question, {}, number % 2 === 0 ? membership : other)),
        );
        for (const [number, { responses }] of inquiries.entries()) {
          expect(Object.fromEntries(responses)).toEqual({ a: `a: ${number}?`, b: `b: ${number}?` });
        }
      });

      it("are answered by the run of a member that is in the view, not by one it replaced", async () => {
        await join(membership, a, () => "earlier");
        await other.join(laterA, longTtlMs);
        expect(await ask("who?", silence)).toEqual({ responses: new Map(), silent: ["a"] });
        await join(other, laterA, () => "later");
        expect((await ask("who?")).responses.get("a")).toBe("later");
      });

      it("are not heard any more by one that does not want to respond", async () => {
        const cancel = await join(other, a, () => "here");
        cancel();
        cancel();
        expect((await ask("who?", silence)).silent).toEqual(["a"]);
      });
    });
  });
}
