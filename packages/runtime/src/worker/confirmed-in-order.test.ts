import { expect, it } from "vitest";
import { ConfirmedInOrder } from "./confirmed-in-order.js";

it("what is confirmed before an earlier one waits for it", () => {
  const order = new ConfirmedInOrder();
  for (const number of [3, 7, 8, 20]) order.sent(number);
  expect(order.confirmed(8)).toBeUndefined();
  expect(order.confirmed(3)).toBe(6);
  expect(order.confirmed(20)).toBeUndefined();
  expect(order.confirmed(7)).toBe(20);
});

it("goes on after everything was confirmed", () => {
  const order = new ConfirmedInOrder();
  order.sent(1);
  expect(order.confirmed(1)).toBe(1);
  order.sent(2);
  expect(order.confirmed(2)).toBe(2);
});
