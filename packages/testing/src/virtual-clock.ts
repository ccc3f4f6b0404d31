import { setImmediate as soon } from "node:timers";
import type { Cancel } from "@actor-runtime/core";
import { ManualClock } from "@actor-runtime/embedded";

/** A clock moved by hand on which a task that is due now needs no move: it runs by itself, as it would anywhere else. */
export class VirtualClock extends ManualClock {
  override after(ms: number, task: () => void): Cancel {
    if (ms > 0) return super.after(ms, task);
    const handle = soon(task);
    handle.unref();
    return () => clearImmediate(handle);
  }
}
