import { grouped } from "../groups.js";
import type { ReminderHistory } from "./reminder-history.js";
import type { ReminderViolation } from "./reminder-violation.js";
import type { Fate, Replay } from "./replay.js";

/** A tick that its actor refuses becomes one dead letter. */
export function checkRefused(
  { refused, rewound }: ReminderHistory,
  replays: readonly (readonly [address: string, replay: Replay])[],
): ReminderViolation[] {
  if (rewound) return [];
  const byLabel = grouped(refused, ({ label }) => label);
  const wrong = (address: string, what: string): ReminderViolation => ({ anomaly: "wrong letters", address, what });
  const twice = [...byLabel].flatMap(([label, letters]) =>
    new Set(letters.map(({ id }) => id)).size === letters.length
      ? []
      : wrong(letters[0]!.address, `one tick of ${label} became several dead letters`),
  );
  const once = replays.flatMap(([address, { fates }]) =>
    [...fates].flatMap(([label, fate]) => {
      const count = byLabel.get(label)?.length ?? 0;
      return allowed[fate].includes(count) ? [] : wrong(address, `${label} is ${fate}, with ${count} dead letters`);
    }),
  );
  return [...twice, ...once];
}

const allowed: Readonly<Record<Fate, readonly number[]>> = { over: [1], "ended before": [0], unknown: [0, 1] };
