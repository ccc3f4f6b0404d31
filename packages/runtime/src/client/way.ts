import type { ActorError, Destination } from "@actor-runtime/core";
import type { Outgoing, OutgoingCall } from "./outgoing.js";

/** How messages of this process get to one destination: in order to a partition (`lane.ts`), or to a pool (`pool-lane.ts`). */
export interface Way {
  readonly to: Destination;
  /** Nothing waits and nothing is unconfirmed. */
  readonly idle: boolean;
  /** @throws OverloadedError when a client's call would exceed the bound of what may wait */
  checkRoom(bytes: number): void;
  send(message: Outgoing): void;
  /** Sends word that nobody waits for a call any more. */
  cancel(call: OutgoingCall, word: Outgoing): void;
  /** Takes a message back that has certainly not been stored; `false`: it may have been. */
  withdraw(message: Outgoing): boolean;
  /** A call has its answer, or will get none; absent: it makes no difference. */
  ended?(call: OutgoingCall, error: ActorError | undefined): void;
  /** Closes this process's own stream of this name, which its owner does not take (S6). */
  closeStream(name: string): boolean;
  /** Drops what comes from an outbox whose partition belongs to somebody else now (T5). */
  dropOutbox(stream: string): void;
  /** Says that nothing more comes, where that matters (S9). */
  finish(): Promise<void>;
  /** Abandons everything; nothing is sent from here on. */
  close(): void;
}
