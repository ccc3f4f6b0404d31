import {
  type ActorError,
  type Broker,
  type DeadLetter,
  type Destination,
  errorFromWire,
  type Frame,
  fromWire,
  isNumbered,
  type MessageKind,
  type Pools,
  parseMessages,
  parsePoolQueue,
  poolQueue,
} from "@actor-runtime/core";

/** A call as it was handed to the broker. */
export interface SentMessage {
  /** `Account/bob` */
  readonly to: string;
  readonly kind: "ask" | "query" | "tell";
  readonly handler: string;
  readonly args: readonly unknown[];
}

/** A told message that could not take effect, and why. */
export interface TestDeadLetter {
  /** `Account/bob` */
  readonly address: string;
  readonly handler: string;
  readonly args: readonly unknown[];
  readonly cause: ActorError;
  /** How often it was tried. */
  readonly attempts: number;
}

const utf8 = new TextDecoder();

/** What passes through a broker, in order; each message once, however often it is sent. */
export class Traffic implements TrafficWatch {
  readonly sent: SentMessage[] = [];
  readonly deadLetters: TestDeadLetter[] = [];
  readonly #seen = new Set<string>();
  #hops = 0;

  /** Frames and batches of replies so far. */
  get hops(): number {
    return this.#hops;
  }

  published(to: Destination, frame: Frame): void {
    this.#hops++;
    if (to.startsWith("dead:")) this.#buried(to, frame);
    else this.#sent(to, frame);
  }

  replied(): void {
    this.#hops++;
  }

  #sent(to: Destination, frame: Frame): void {
    const numbers = numbersOf(frame);
    for (const { kind, to: address, handler, args, call } of parseMessages(frame.body)) {
      const number = isNumbered(kind) ? numbers.shift() : undefined;
      // A repeated ask comes under a new number, a message that is sent again after a crash under its old one.
      const isNew = this.#isNew(`${to} ${call ?? number}`);
      if (!isNew || !isCall(kind) || handler.startsWith("$")) continue;
      this.sent.push({ to: address, kind, handler, args: args.map(fromWire) });
    }
  }

  #buried(to: Destination, frame: Frame): void {
    const letters = JSON.parse(utf8.decode(frame.body)) as DeadLetter[];
    const numbers = numbersOf(frame);
    letters.forEach(({ id, address, handler, message, cause, attempts }, index) => {
      // Those of stateless types come out of no partition.
      if (!this.#isNew(`${to} ${numbers[index] ?? id}`)) return;
      const args = "args" in message ? message.args.map(fromWire) : [];
      this.deadLetters.push({ address, handler, args, cause: errorFromWire(cause), attempts });
    });
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    return true;
  }
}

function isCall(kind: MessageKind): kind is SentMessage["kind"] {
  return kind === "tell" || kind === "ask" || kind === "query";
}

/** Sees what is handed to a broker. */
export interface TrafficWatch {
  published(to: Destination, frame: Frame): void;
  replied(): void;
}

/** The broker, seen by `traffic`. */
export function observed(broker: Broker, traffic: TrafficWatch): Broker {
  return {
    name: broker.name,
    publish: (to, frame) => {
      traffic.published(to, frame);
      return broker.publish(to, frame);
    },
    reply: (to, body) => {
      traffic.replied();
      broker.reply(to, body);
    },
    consume: (...args) => broker.consume(...args),
    openReplies: (listener) => broker.openReplies(listener),
    deadLetters: (type) => broker.deadLetters(type),
    takeDeadLetters: (type, take) => broker.takeDeadLetters(type, take),
    tie: (storeId, adopt) => broker.tie(storeId, adopt),
    close: () => broker.close(),
  };
}

/** The queues of stateless types, seen by `traffic`. */
export function observedPools(pools: Pools, traffic: Pick<TrafficWatch, "published">): Pools {
  return {
    send: (to, frame) => {
      const { type } = parsePoolQueue(to);
      // A call may be sent to one worker after the other, and counts once.
      traffic.published(poolQueue(type), frame);
      return pools.send(to, frame);
    },
    consume: (...args) => pools.consume(...args),
  };
}

/** `stream:number` of a frame's numbered messages, in their order. */
function numbersOf({ headers }: Frame): string[] {
  return headers.segments.flatMap(({ stream, first, count }) =>
    Array.from({ length: count }, (_, index) => `${stream}:${first + index}`),
  );
}
