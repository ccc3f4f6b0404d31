import { encodeText, parseAddress } from "@actor-runtime/core";
import type { Directory } from "../client/directory.js";
import type { OperatorCalls } from "../client/operator-calls.js";
import type { StoreTime } from "../store-time.js";
import { cancelReminderHandler } from "../system-handlers.js";
import type { ReminderAdmin } from "./reminder-admin-types.js";
import type { StoredReminders } from "./stored-reminders.js";

interface AdminServices {
  readonly stored: StoredReminders;
  readonly directory: Directory;
  readonly time: StoreTime;
  readonly calls: OperatorCalls;
}

/** `system.reminders`: lists what is committed; cancelling goes through the actor. */
export function reminderAdmin({ stored, directory, time, calls }: AdminServices): ReminderAdmin {
  return {
    list: (filter = {}) => stored.list(filter, time.now()),

    async cancel(address, name) {
      const { type, key } = parseAddress(address);
      const partition = await directory.find(type, key);
      return (await calls.ask(partition, address, cancelReminderHandler, `[${encodeText(name, "name")}]`)) as boolean;
    },
  };
}
