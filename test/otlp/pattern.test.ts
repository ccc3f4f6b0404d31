import { describe, expect, it } from "vitest";
import { activate, ask, commit, expectTree, load, own, type Pattern, process, send } from "./pattern.js";
import { spanOf } from "./samples.js";
import type { TraceSpan } from "./trace-span.js";

/** An order that reserves stock, tells a mail, and fails to bill. */
const order: readonly TraceSpan[] = [
  spanOf("ask Shop.order", { id: 1 }),
  spanOf("activate Shop", { id: 2, under: 1 }),
  spanOf("state.load", { id: 3, under: 2 }),
  spanOf("process Shop.order", { id: 4, under: 1, attributes: { "actor.outcome": "ok" } }),
  spanOf("ask Stock.reserve", { id: 5, under: 4 }),
  spanOf("process Stock.reserve", { id: 6, under: 5 }),
  spanOf("state.commit", { id: 7, under: 6 }),
  {
    ...spanOf("ask Bank.bill", { id: 8, under: 4, attributes: { "error.type": "DeadlockError" } }),
    failed: true,
    events: [{ name: "repeated", attributes: {} }],
  },
  spanOf("send Mail", { id: 9, under: 4 }),
  spanOf("process Mail.deliver", { id: 10, under: 9 }),
];

const stock = ask("Stock.reserve", [process("Stock.reserve", [commit()])]);
const bill = ask("Bank.bill").failed("DeadlockError").telling("repeated");
const mail = send("Mail", [process("Mail.deliver")]);

/** Its root with these below the turn. */
function ordered(...below: readonly Pattern[]): Pattern {
  return ask("Shop.order", [process("Shop.order", below).with({ "actor.outcome": "ok" })]);
}

describe("expectTree", () => {
  it("accepts the tree with children in any order, and activations and commits wherever they are", () => {
    expectTree(order, ordered(mail, bill, stock));
    expectTree(order, ordered(stock, bill, mail));
    expectTree(order, ask("Shop.order", [activate("Shop", [load()]), ...ordered(stock, bill, mail).children]));
  });

  it("accepts children that fit in one way only", () => {
    const twice = [
      spanOf("cron", { id: 1 }),
      spanOf("send Mail", { id: 2, under: 1, attributes: { "actor.key": "a" } }),
      spanOf("send Mail", { id: 3, under: 1, attributes: { "actor.key": "b" } }),
    ];
    expectTree(twice, own("cron", [send("Mail"), send("Mail").with({ "actor.key": "a" })]));
  });

  it.each<readonly [string, Pattern]>([
    ["process Shop.order does not have what is expected below it", ordered(stock, bill, mail, mail)],
    ["process Shop.order has 1 more below it than expected: send Mail is not expected", ordered(stock, bill)],
    ["ask Bank.bill failed with DeadlockError", ordered(stock, ask("Bank.bill"), mail)],
    [
      "ask Bank.bill failed with DeadlockError, not TimeoutError",
      ordered(stock, ask("Bank.bill").failed("TimeoutError"), mail),
    ],
    [
      "process Mail.deliver did not fail",
      ordered(stock, bill, send("Mail", [process("Mail.deliver").failed("Error")])),
    ],
    [
      "process Mail.deliver does not tell of dead_lettered",
      ordered(stock, bill, send("Mail", [process("Mail.deliver").telling("dead_lettered")])),
    ],
    ["ask Shop.order is not ask Shop.cancel", ask("Shop.cancel")],
    [
      "actor.outcome of process Shop.order is ok, not dead",
      ask("Shop.order", [process("Shop.order").with({ "actor.outcome": "dead" })]),
    ],
    [
      "does not have what is expected below it",
      ask("Shop.order", [process("Shop.order", [mail, bill, stock]).inOrder()]),
    ],
  ])("says where the trees part: %s", (because, expected) => {
    expect(() => expectTree(order, expected)).toThrow(because);
  });

  it("shows both trees", () => {
    expect(() => expectTree(order, ordered())).toThrow(
      /expected:\nask Shop.order\n {2}process Shop.order\n\nfound:\nask Shop.order\n {2}activate Shop\n/,
    );
  });

  it("does not accept two trees for one, or none", () => {
    expect(() => expectTree([...order, spanOf("cron", { id: 20 })], ordered(stock, bill, mail))).toThrow("2 trees");
    expect(() => expectTree([], own("cron"))).toThrow("there are 0 trees, not one");
  });

  it("accepts children in their order where that is asked for", () => {
    expectTree(order, ask("Shop.order", [process("Shop.order", [stock, bill, mail]).inOrder()]));
  });
});
