import type { Member, Membership } from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unique } from "./samples.js";

export interface MembershipUnderTest {
  /** Of a namespace that nobody has joined yet. */
  readonly port: Membership;
  /** Another process's connection to the same store and namespace. */
  readonly other: Membership;
  /** A time to live that `pass` can outlast. */
  readonly ttlMs: number;
  /** The store's wall clock, give or take `toleranceMs`. */
  now(): number;
  readonly toleranceMs: number;
  /** Lets time pass, at least this long. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

const longTtlMs = 600_000;

function someMember(id: string, changes: Partial<Member> = {}): Member {
  return { id, types: ["Account", "$Lock"], weight: 1, build: "b1", ...changes };
}

/** What every membership does, whatever keeps it. */
export function membershipContract(name: string, make: () => Promise<MembershipUnderTest>): void {
  describe(`${name}: membership`, () => {
    let under: MembershipUnderTest;
    let membership: Membership;
    let other: Membership;

    beforeEach(async () => {
      under = await make();
      ({ port: membership, other } = under);
    });

    afterEach(() => under.dispose());

    async function memberIds(): Promise<string[]> {
      return (await other.view()).members.map(({ id }) => id).sort();
    }

    describe("members", () => {
      it("shows a member to everybody as it described itself", async () => {
        const member = someMember("a", { types: ["Account", "Invoice"], weight: 2.5, build: "2026-01-01T00:00:00Z" });
        const joined = await membership.join(member, longTtlMs);
        expect(joined.members).toEqual([member]);
        expect(await other.view()).toEqual(joined);
      });

      it("raises the version when a member joins, changes or leaves, and only then", async () => {
        const versions = [(await membership.view()).version];
        const note = async (): Promise<void> => void versions.push((await other.view()).version);
        await membership.join(someMember("a"), longTtlMs);
        await note();
        await other.join(someMember("b"), longTtlMs);
        await note();
        await membership.join(someMember("a", { weight: 2 }), longTtlMs);
        await note();
        await membership.leave("b");
        await note();
        expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));

        await membership.heartbeat("a", longTtlMs);
        await membership.join(someMember("a", { weight: 2 }), longTtlMs);
        await membership.leave("never-joined");
        expect((await membership.view()).version).toBe(versions.at(-1));
        expect(await memberIds()).toEqual(["a"]);
      });

      it("replaces the member of the same id", async () => {
        await membership.join(someMember("a"), longTtlMs);
        await membership.join(someMember("a", { build: "b2" }), longTtlMs);
        expect((await other.view()).members).toEqual([someMember("a", { build: "b2" })]);
      });

      it("drops a member that fell silent when another one's heart beats", async () => {
        const { version } = await membership.join(someMember("a"), under.ttlMs);
        await other.join(someMember("b"), longTtlMs);
        await under.pass(under.ttlMs * 1.5);
        const { view } = await other.heartbeat("b", longTtlMs);
        expect(view.members.map(({ id }) => id)).toEqual(["b"]);
        expect(view.version).toBeGreaterThan(version + 1);
        expect(await other.view()).toEqual(view);
      });

      it("keeps a member whose heart beats", async () => {
        await membership.join(someMember("a"), under.ttlMs);
        const beat = await membership.heartbeat("a", under.ttlMs * 10);
        expect(beat.expired).toBe(false);
        await under.pass(under.ttlMs * 1.5);
        await other.join(someMember("b"), longTtlMs);
        await other.heartbeat("b", longTtlMs);
        expect(await memberIds()).toEqual(["a", "b"]);
      });

      it("tells a member that it was dropped, until it joins again", async () => {
        await membership.join(someMember("a"), under.ttlMs);
        await under.pass(under.ttlMs * 1.5);
        await other.join(someMember("b"), longTtlMs);
        await other.heartbeat("b", longTtlMs);
        const dropped = await membership.heartbeat("a", longTtlMs);
        expect(dropped.expired).toBe(true);
        expect(dropped.view.members.map(({ id }) => id)).toEqual(["b"]);
        await membership.join(someMember("a"), longTtlMs);
        expect(await membership.heartbeat("a", longTtlMs)).toMatchObject({ expired: false });
        expect(await memberIds()).toEqual(["a", "b"]);
      });

      it("says what time it is at the store", async () => {
        await membership.join(someMember("a"), longTtlMs);
        const before = under.now();
        const { storeTime } = await membership.heartbeat("a", longTtlMs);
        expect(storeTime).toBeGreaterThanOrEqual(before - under.toleranceMs);
        expect(storeTime).toBeLessThanOrEqual(under.now() + under.toleranceMs);
      });
    });

    describe("placement", () => {
      it("knows none before somebody wrote one", async () => {
        expect(await membership.placement(unique("Account"))).toBeUndefined();
      });

      it("keeps the placement of each mailbox, partitions that nobody hosts included", async () => {
        const [accounts, invoices] = [unique("Account"), unique("Invoice")];
        await membership.place(accounts, 0, ["a", undefined, "b"]);
        await membership.place(invoices, 0, ["c"]);
        expect(await other.placement(accounts)).toEqual({ version: 1, owners: ["a", undefined, "b"] });
        expect((await other.placement(invoices))!.owners).toEqual(["c"]);
      });

      it("replaces the placement it was computed from, and answers a later one to whoever is late", async () => {
        const mailbox = unique("Account");
        const first = await membership.place(mailbox, 0, ["a"]);
        const second = await membership.place(mailbox, first.version, ["b"]);
        expect(second).toEqual({ version: first.version + 1, owners: ["b"] });
        expect(await other.place(mailbox, first.version, ["c"])).toEqual(second);
        expect(await other.placement(mailbox)).toEqual(second);
      });

      it("lets one of many win who write at once, and tells all of them who", async () => {
        const mailbox = unique("Account");
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            (index % 2 === 0 ? membership : other).place(mailbox, 0, [`w${index}`]),
          ),
        );
        const inEffect = await membership.placement(mailbox);
        expect(inEffect!.version).toBe(1);
        for (const answer of answers) expect(answer).toEqual(inEffect);
      });
    });
  });
}
