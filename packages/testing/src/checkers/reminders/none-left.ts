import type { ReminderHistory } from "./reminder-history.js";
import type { ReminderViolation } from "./reminder-violation.js";

/** When no actor has a reminder any more, nobody is going to be woken. */
export function checkNoneLeft({ left: { actors, alarms }, steps }: ReminderHistory): ReminderViolation[] {
  const leftOver = (address: string, what: string): ReminderViolation => ({ anomaly: "left over", address, what });
  return [
    ...actors.map((address) => leftOver(address, "the store has a time for it, and it has no reminder")),
    // What came due as clocks were set forward rings later, and finds nothing.
    ...(alarms > 0 && steps.length === 0 ? [leftOver("", `${alarms} alarms are set, and there is no reminder`)] : []),
  ];
}
