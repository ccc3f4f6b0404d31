import { DeadlockError, InvalidArgumentsError, RejectedError, TransactionAbortedError } from "actor-runtime";
import { testSystem } from "actor-runtime/testing";
import { expect, it, onTestFinished } from "vitest";
import { Account, Bank } from "./accounts.js";
import { AuditLog } from "./audit-log.js";
import { totalOf, transfer } from "./transfer.js";

async function bank() {
  const audit = new AuditLog();
  const t = await testSystem({ actors: [Account, Bank], provide: [[AuditLog, audit]] });
  onTestFinished(() => t.close());
  return { t, audit, alice: t.ref(Account, "alice"), bob: t.ref(Account, "bob") };
}

it("pays from one account to another and notes it", async () => {
  const { t, audit, alice, bob } = await bank();
  await t.seed(Account, "alice", { balance: 100 });
  await alice.payTo("bob", 30);
  await t.settle();
  expect([await alice.current(), await bob.current()]).toEqual([70, 30]);
  expect(audit.notes).toEqual(["Account/alice paid 30 to Account/bob"]);
});

it("P4: rejects an overdraft and leaves neither a balance nor a message behind", async () => {
  const { t, audit, alice } = await bank();
  await t.seed(Account, "alice", { balance: 100 });
  await expect(alice.payTo("bob", 101)).rejects.toThrow(RejectedError);
  await t.settle();
  expect(await alice.current()).toBe(100);
  expect(t.sent.filter(({ to }) => to === "Account/bob")).toEqual([]);
  expect(audit.notes).toEqual([]);
});

it("P1: pays once although both accounts crash on the way", async () => {
  const { t, alice, bob } = await bank();
  await t.seed(Account, "alice", { balance: 100 });
  await alice.payTo("bob", 30);
  await t.crash(alice.address);
  await t.crash(bob.address);
  await t.settle();
  expect([await alice.current(), await bob.current()]).toEqual([70, 30]);
});

it("P9: moves money from one account to another, both or neither, whoever begins it", async () => {
  const { t, alice, bob } = await bank();
  await t.seed(Account, "alice", { balance: 100 });
  await transfer(t, "alice", "bob", 30);
  await t.ref(Bank, "main").transfer("bob", "alice", 10);
  expect([await alice.current(), await bob.current()]).toEqual([80, 20]);
  expect(await totalOf(t, ["alice", "bob"])).toBe(100);
});

it("P9: the account that got the money already has no trace of it when the other one refuses", async () => {
  const { t, alice, bob } = await bank();
  await t.seed(Account, "alice", { balance: 100 });
  const refused = await transfer(t, "alice", "bob", 101).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(TransactionAbortedError);
  expect(refused).toMatchObject({ reason: "rejected", cause: { code: "INSUFFICIENT_FUNDS" } });
  await expect(t.ref(Bank, "main").transfer("alice", "bob", 101)).rejects.toThrow("insufficient funds");
  expect([await alice.current(), await bob.current()]).toEqual([100, 0]);
  expect(await t.actors.read(bob.address)).toBeUndefined();
});

it("P9: moves money once although both accounts crash half-way", async () => {
  const { t, alice, bob } = await bank();
  await t.seed(Account, "alice", { balance: 100 });
  await t.transaction(async (tx) => {
    await tx.ref(bob).deposit(30);
    await t.crash(bob.address);
    await tx.ref(alice).withdraw(30);
    await t.crash(alice.address);
  });
  expect([await alice.current(), await bob.current()]).toEqual([70, 30]);
});

it("P13: takes whole, positive cents only", async () => {
  const { alice } = await bank();
  await expect(alice.deposit(-1)).rejects.toThrow(InvalidArgumentsError);
  await expect(alice.deposit(0.5)).rejects.toThrow(InvalidArgumentsError);
});

it("reports the deadlock of an account that borrows, with its path", async () => {
  const { alice } = await bank();
  await expect(alice.borrow(10)).rejects.toThrow(DeadlockError);
  await expect(alice.borrow(10)).rejects.toThrow("Account/alice → Bank/main → Account/alice");
});

it("tells others how much credit an account has", async () => {
  const { t } = await bank();
  await t.seed(Account, "alice", { balance: 100 });
  expect(await t.ref(Bank, "main").creditLimit("alice")).toBe(100);
});

it("begins anew after it was closed", async () => {
  const { t, alice } = await bank();
  await t.seed(Account, "alice", { balance: 100 });
  await alice.close();
  expect(await alice.current()).toBe(0);
});
