import { DeadlockError, encodeText, TurnEndedError } from "@actor-runtime/core";
import type { NormalCallOptions } from "../client/call-options.js";
import type { CallDetails } from "../client/call-target.js";
import type { Calls } from "../client/calls.js";
import { carriedLocks } from "../client/carried-locks.js";
import type { Directory } from "../client/directory.js";
import type { BoundMethod, Caller } from "../client/ref.js";
import { checkDestination } from "../client/stateless-target.js";
import type { StoreTime } from "../store-time.js";
import { handedOn } from "../tracing/handed-on.js";
import type { Tracing } from "../tracing/tracing.js";
import { derivedIdentity } from "../worker/derived-identity.js";
import { kindOfAsk, remainingMs } from "../worker/nested-ask.js";
import { currentPoolTurn, type PoolTell, type PoolTurn } from "./pool-turn.js";

export interface PoolCallServices {
  readonly calls: Calls;
  readonly directory: Directory;
  readonly time: StoreTime;
  readonly tracing: Tracing;
}

/**
 * Calls that handlers of stateless types make: asks leave at once, tells once the handler has succeeded. Both carry keys derived
 * from the message that is handled, so that actors take a repeat for what it is (delivery.md C.15).
 */
export class PoolCalls implements Caller {
  readonly #services: PoolCallServices;

  constructor(services: PoolCallServices) {
    this.#services = services;
  }

  ask(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions): Promise<unknown> {
    const { tracing } = this.#services;
    const trace = currentPoolTurn.getStore()?.inbound?.message.trace;
    if (!tracing.on) return this.#ask(method, args, options, { trace: handedOn(trace) });
    const span = tracing.ask(method);
    return tracing.follow(span, () => this.#ask(method, args, options, { trace: span.headers, span }));
  }

  tell(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions): void {
    const { address, handler, target } = method;
    const turn = current(`tell ${address}.${handler}`);
    turn.checkEffect(`tell ${address}.${handler}`);
    const argsText = encodeText(args, "args");
    const what = `${address} ${handler} ${argsText}`;
    const id = options.id ?? derivedIdentity(turn.host.address, turn.inbound!.identity, `t${turn.tells.length}`, what);
    const known = this.#services.directory.destination(target);
    if (known !== undefined) checkDestination(known, method, { transaction: undefined, dueAt: options.delayMs });
    const { tracing } = this.#services;
    const span = tracing.on ? tracing.send(method, options.delayMs !== undefined) : undefined;
    const trace = span === undefined ? handedOn(turn.inbound?.message.trace) : span.headers;
    turn.tell({ method, argsText, id, options, trace, span });
  }

  refuseTell(error: unknown): never {
    throw error;
  }

  /** Sends what a handler told, in order; resolves once all of it is safe. */
  async publish(tells: readonly PoolTell[]): Promise<void> {
    const { calls, directory, time } = this.#services;
    const destinations = await Promise.all(
      tells.map(async ({ method: { target } }) => directory.destination(target) ?? (await directory.reach(target))),
    );
    await Promise.all(
      // Async so that one that cannot be sent is a rejection beside the others.
      tells.map(async ({ method, argsText, id, options, trace, span }, index) => {
        const { timeoutMs, headers, delayMs } = options;
        const dueAt = delayMs === undefined ? undefined : Math.ceil(time.now() + delayMs);
        const details = { timeoutMs, headers, id, dueAt, trace, span, signal: undefined, chain: undefined };
        await calls.tell(destinations[index]!, method, argsText, details);
      }),
    );
  }

  /** What the handler told never was. */
  drop(tells: readonly PoolTell[], reason: unknown): void {
    for (const { span } of tells) if (span !== undefined) this.#services.tracing.fail(span, reason);
  }

  /** Async so that every refusal is a rejection of the ask. */
  async #ask(
    method: BoundMethod,
    args: readonly unknown[],
    options: NormalCallOptions,
    traced: Pick<CallDetails, "trace" | "span">,
  ): Promise<unknown> {
    const { address, handler, target } = method;
    const turn = current(`ask ${address}.${handler}`);
    turn.checkRunning("ask");
    const kind = kindOfAsk(turn, method);
    const chain = chainTo(turn, address);
    const argsText = encodeText(args, "args");
    const id = kind === "query" ? undefined : (options.id ?? askIdentity(turn, method, argsText));
    const { calls, directory, time } = this.#services;
    const to = directory.destination(target) ?? (await directory.reach(target));
    turn.checkRunning("ask");
    const timeoutMs = remainingMs(turn, options.timeoutMs, time.now());
    const locks = carriedLocks(turn.inbound?.message.locks);
    const { signal, headers, dueAt } = options;
    const asked = kind === method.kind ? method : { ...method, kind };
    return calls.ask(to, asked, argsText, { timeoutMs, signal, headers, id, chain, locks, dueAt, ...traced });
  }
}

function current(what: string): PoolTurn {
  const turn = currentPoolTurn.getStore();
  if (!turn) throw new TurnEndedError(`cannot ${what} outside a turn; use the system's ref there`);
  return turn;
}

/** A stateless type has instances enough: only actors that wait for it make a circle. @throws DeadlockError */
function chainTo(turn: PoolTurn, address: string): readonly string[] | undefined {
  const chain = turn.inbound?.message.chain;
  const start = chain?.indexOf(address) ?? -1;
  if (start >= 0) throw new DeadlockError([...chain!.slice(start), turn.host.address, address]);
  return chain;
}

function askIdentity(turn: PoolTurn, { address, handler }: BoundMethod, argsText: string): string | undefined {
  if (turn.inbound === undefined) return undefined;
  return derivedIdentity(turn.host.address, turn.inbound.identity, turn.asks++, `${address} ${handler} ${argsText}`);
}
