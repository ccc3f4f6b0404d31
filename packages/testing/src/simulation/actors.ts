import { RejectedError } from "@actor-runtime/core";
import { Actor, Handler, type Lock } from "@actor-runtime/runtime";
import type { Seen, SentOn } from "../checkers/history.js";
import { type LockPlan, lockNames } from "./lock-plan.js";
import { Noting } from "./noting.js";

/** Never given up, so that what is missing in the end was lost and not buried. */
export const attempts = 1_000_000;
/** Longer than any simulation: what comes twice under one key, or runs again, has no second effect. */
export const replyRetention = "1h";

export const journalKeys = ["a", "b", "c", "d", "e", "f"] as const;
export const sinkKeys = ["x", "y", "z"] as const;
export const looseKeys = ["p", "q"] as const;
export const meterKeys = ["m"] as const;
/** Locks have the names of what they protect. */
export const guardedKeys = lockNames;

/** The actor that clients call most: in order, with all it can do in a turn. */
@Actor("Journal", { partitions: 4, attempts, replyRetention, idleAfter: "5s" })
export class Journal extends Noting {
  @Handler() note(message: string): Promise<Seen> {
    return this.noting(message, () => [this.#tellSink(message)]);
  }

  @Handler() async noteSlowly(message: string, ms: number): Promise<Seen> {
    return this.noting(message, async () => {
      await this.probe.sleep(ms);
      return [this.#tellSink(message)];
    });
  }

  @Handler() noteAndAsk(message: string): Promise<Seen> {
    return this.noting(message, async () => {
      const asked = `${message}?`;
      const address = `Sink/${sinkOf(message)}`;
      const answer = this.self.ref(Sink, sinkOf(message)).note(asked);
      const call = { message: asked, kind: "ask", sender: this.self.address, address, inTurn: true } as const;
      this.probe.recorder.call(call, answer);
      await answer;
      return [{ message: asked, address, kind: "ask" }, this.#tellSink(message)];
    });
  }

  /** To two actors that keep no order, and to one that does. */
  @Handler() fan(message: string): Promise<Seen> {
    return this.noting(message, () => [
      ...looseKeys.map((key): SentOn => {
        this.self.ref(Loose, key).tell.note(`${message}>`);
        return { message: `${message}>`, address: `Loose/${key}`, kind: "tell", ordered: false };
      }),
      this.#tellSink(message),
    ]);
  }

  /** Under a lock it asks the actor that the lock protects. */
  @Handler() noteUnderLock(message: string, plan: LockPlan): Promise<Seen> {
    return this.noting(message, async () => {
      const sent = [this.#tellSink(message)];
      const work = async (lock: Lock) => {
        const [key] = plan.names as readonly [string];
        const fence = lock.fenceOf(key);
        // The turn may run again under a later fence, and then asks for something else.
        const asked = `${message}!${fence}`;
        const address = `Guarded/${key}`;
        const answer = this.self.ref(Guarded, key).note(asked, fence);
        this.probe.recorder.call(
          { message: asked, kind: "ask", sender: this.self.address, address, inTurn: true },
          answer,
        );
        await answer;
        sent.push({ message: asked, address, kind: "ask" });
      };
      await this.probe.locks.take(this.self.locks, plan, { work });
      return sent;
    });
  }

  @Handler() reject(message: string): never {
    throw new RejectedError(`${message} is not wanted`);
  }

  #tellSink(message: string): SentOn {
    this.self.ref(Sink, sinkOf(message)).tell.note(`${message}>`);
    return { message: `${message}>`, address: `Sink/${sinkOf(message)}`, kind: "tell" };
  }
}

/** Keeps the order of what it is told. */
@Actor("Sink", { partitions: 3, attempts, replyRetention })
export class Sink extends Noting {
  @Handler() note(message: string): Promise<Seen> {
    return this.noting(message);
  }
}

/** Lets others pass while a message waits for its next attempt, and asks in each turn. */
@Actor("Loose", { partitions: 2, attempts, replyRetention, whileRetrying: "pass" })
export class Loose extends Noting {
  @Handler() note(message: string): Promise<Seen> {
    return this.noting(message, async () => {
      const asked = `${message}@${this.self.key}?`;
      const answer = this.self.ref(Meter, meterKeys[0]).note(asked);
      const address = `Meter/${meterKeys[0]}`;
      const call = { message: asked, kind: "ask", sender: this.self.address, address, inTurn: true } as const;
      this.probe.recorder.call(call, answer);
      await answer;
      return [{ message: asked, address, kind: "ask" }];
    });
  }
}

/** Everybody asks it; not every worker hosts it. */
@Actor("Meter", { partitions: 1, attempts, replyRetention })
export class Meter extends Noting {
  @Handler() note(message: string): Promise<Seen> {
    return this.noting(message);
  }
}

/** What a lock protects: it is asked by those who hold the lock of its name. */
@Actor("Guarded", { partitions: 2, attempts, replyRetention })
export class Guarded extends Noting {
  @Handler() note(message: string, fence: number): Promise<Seen> {
    return this.noting(message, () => [], fence);
  }
}

/** The same message always goes to the same actor, also when its turn runs again. */
export function sinkOf(message: string): string {
  return sinkKeys[Number.parseInt(message.slice(1), 10) % sinkKeys.length]!;
}
