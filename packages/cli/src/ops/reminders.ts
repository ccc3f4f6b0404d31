import { type Duration, durationMs, formatAddress, InvalidArgumentsError } from "@actor-runtime/core";
import { type ActorSystem, HttpError, type ReminderFilter, type ReminderReport } from "@actor-runtime/runtime";

type WithReminders = Pick<ActorSystem, "reminders">;

const defaultLimit = 100;
/** The most reminders one answer lists; a type, an actor or a prefix finds the others. */
const mostListed = 10_000;

/** As `/api/reminders` lists them, the earliest due first. */
export interface ReminderPage {
  /** When, in ms since 1970. */
  readonly at: number;
  readonly reminders: readonly ReminderReport[];
  /** There are more than were asked for. */
  readonly more: boolean;
}

/** A reminder that is no more, as it was before. */
export interface CancelledReminder extends Pick<ReminderReport, "address" | "name"> {
  readonly cancelled: true;
}

/**
 * `GET /api/reminders`, `/api/reminders/<Type>` and `/api/reminders/<Type>/<key>`, with `?prefix=` of keys, `?within=1h` for
 * those due by then (`0s`: overdue), `?limit=`.
 */
export async function listReminders(
  { reminders }: WithReminders,
  of: Pick<ReminderFilter, "type" | "address">,
  query: URLSearchParams,
): Promise<Response> {
  const limit = limitOf(query.get("limit"));
  const within = query.get("within");
  const at = Date.now();
  const found: ReminderReport[] = [];
  const filter: ReminderFilter = {
    ...of,
    prefix: query.get("prefix") ?? "",
    ...(within !== null && { dueBefore: at + withinMs(within) }),
    limit: limit + 1,
  };
  for await (const reminder of reminders.list(filter)) found.push(reminder);
  return Response.json({
    at,
    reminders: found.slice(0, limit),
    more: found.length > limit,
  } satisfies ReminderPage);
}

/** `DELETE /api/reminders/<Type>/<key>/<name>`: in a turn of its actor. */
export async function cancelReminder(
  { reminders }: WithReminders,
  type: string,
  key: string,
  name: string,
): Promise<Response> {
  const address = formatAddress(type, key);
  if (!(await reminders.cancel(address, name))) {
    throw new HttpError(404, "NO_REMINDER", `${address} has no reminder "${name}"`);
  }
  return Response.json({ address, name, cancelled: true } satisfies CancelledReminder);
}

function limitOf(text: string | null): number {
  const limit = text === null ? defaultLimit : Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= mostListed) return limit;
  throw new InvalidArgumentsError(`limit: "${text}" must be a whole number from 1 to ${mostListed}`);
}

function withinMs(text: string): number {
  try {
    return durationMs(text as Duration, "within");
  } catch (error) {
    throw new InvalidArgumentsError((error as Error).message);
  }
}
