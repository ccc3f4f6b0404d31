import {
  type ActorError,
  type Broker,
  type DeadLetter,
  type Destination,
  decodeText,
  type Frame,
  frameBody,
  isNumbered,
  type Logger,
  type Message,
  messageText,
  type PublishOutcome,
  parseMessages,
  type Segment,
  wireVersion,
} from "@actor-runtime/core";
import { EmbeddedWorld, ManualClock, SeededRandom, SilentTelemetry } from "@actor-runtime/embedded";
import { type AnyActor, createSystem, type LocalSystem, type Ports, type SystemOptions } from "@actor-runtime/runtime";

/** One line of the log. */
interface Line {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly line: string;
}

/** Something a process handed to its broker. */
interface Published {
  readonly process: string;
  readonly to: Destination;
  readonly frame: Frame;
}

interface HostOptions extends Omit<Partial<SystemOptions>, "ports" | "actors"> {
  /** The process' name in the world. Default `main`. */
  readonly process?: string;
  /** Puts something else in the place of a port. */
  readonly ports?: (ports: Ports) => Ports;
}

/** A world on moved time, with everything that leaves its processes on record. */
export class Rig {
  readonly clock = new ManualClock();
  readonly random = new SeededRandom(7);
  /** Exceptions that reached the top of a hop across the network: each would have ended a real process. */
  readonly escaped: unknown[] = [];
  readonly lines: Line[] = [];
  readonly published: Published[] = [];
  /** Bodies of replies. */
  readonly replies: { readonly process: string; readonly to: string; readonly body: Uint8Array }[] = [];
  readonly world = new EmbeddedWorld({
    clock: this.clock,
    random: this.random,
    schedule: (task) =>
      queueMicrotask(() => {
        try {
          task();
        } catch (error) {
          this.escaped.push(error);
        }
      }),
  });
  #strangers = 0;

  /** Starts a process that hosts the actors; none: a client. */
  host(
    actors: readonly AnyActor[],
    { process = "main", ports = (given) => given, ...options }: HostOptions = {},
  ): Promise<LocalSystem> {
    const connection = this.world.connect(process);
    return createSystem({
      actors,
      log: this.#log,
      dev: true,
      ...options,
      ports: ports({
        ...connection,
        broker: this.#tap(process, connection.broker),
        clock: this.clock,
        random: this.random,
        telemetry: new SilentTelemetry(),
      }),
    });
  }

  /** Lets everything under way settle, without time passing. */
  async settle(): Promise<void> {
    await this.clock.advance(0);
    await this.clock.advance(0);
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** A connection of nobody's, for frames that no sender of ours would make. */
  stranger(): Broker {
    this.#strangers += 1;
    return this.world.connect(`stranger-${this.#strangers}`).broker;
  }

  publish(to: Destination, frame: Frame): Promise<PublishOutcome> {
    return this.stranger().publish(to, frame);
  }

  async deadLetters(type: string): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for await (const letter of this.stranger().deadLetters(type)) letters.push(letter);
    return letters;
  }

  /** Id of the worker that has the lease of the partition now. */
  async holderOf(partition: string): Promise<string | undefined> {
    this.#strangers += 1;
    return (await this.world.connect(`stranger-${this.#strangers}`).leases.inspect(partition))?.holder;
  }

  /** Messages that processes published to a partition, oldest first, repeats included, without its words to itself. */
  messagesTo(to: Destination): Message[] {
    return this.published
      .filter((sent) => sent.to === to)
      .flatMap(({ frame }) => parseMessages(frame.body))
      .filter(({ kind }) => kind !== "ping");
  }

  /** Lines at this level, as text. */
  logged(level: Line["level"]): string[] {
    return this.lines.filter((line) => line.level === level).map(({ line }) => line);
  }

  readonly #log: Logger = {
    debug: (fields, line) => void this.lines.push({ level: "debug", fields, line }),
    info: (fields, line) => void this.lines.push({ level: "info", fields, line }),
    warn: (fields, line) => void this.lines.push({ level: "warn", fields, line }),
    error: (fields, line) => void this.lines.push({ level: "error", fields, line }),
  };

  #tap(process: string, broker: Broker): Broker {
    return {
      name: broker.name,
      publish: (to, frame) => {
        this.published.push({ process, to, frame });
        return broker.publish(to, frame);
      },
      reply: (to, body) => {
        this.replies.push({ process, to, body });
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
}

/** A promise whose state can be looked at. */
export class Watched<T> {
  state: "pending" | "resolved" | "rejected" = "pending";
  value: T | undefined;
  error: ActorError | undefined;
  readonly #promise: Promise<unknown>;

  constructor(promise: Promise<T>) {
    this.#promise = promise.then(
      (value) => {
        this.state = "resolved";
        this.value = value;
      },
      (error: ActorError) => {
        this.state = "rejected";
        this.error = error;
      },
    );
  }

  /** Waits for its end, whichever it is. */
  async end(): Promise<this> {
    await this.#promise;
    return this;
  }
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  return new Watched(promise);
}

/** What the promise was rejected with. */
export async function refusalOf(promise: Promise<unknown>): Promise<ActorError> {
  const { state, value, error } = await watch(promise).end();
  if (state === "resolved") throw new Error(`it was not refused but gave ${JSON.stringify(value)}`);
  return error!;
}

/** Holds handlers back until a test opens it. */
export class Gate {
  /** How many came to it. */
  arrivals = 0;
  open!: () => void;
  readonly #opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  pass(): Promise<void> {
    this.arrivals += 1;
    return this.#opened;
  }
}

/** A numbered run of messages as a sender would frame it. */
export function frameOf(
  segment: Pick<Segment, "stream" | "first" | "after">,
  messages: readonly Partial<Message>[],
): Frame {
  const count = messages.filter(({ kind = "tell" }) => isNumbered(kind)).length;
  return {
    headers: { v: wireVersion, segments: count === 0 ? [] : [{ ...segment, count, settled: 0 }] },
    body: frameBody(
      messages.map(({ to = "", kind = "tell", handler = "", args = [], ...rest }) =>
        messageText({ to, kind, handler, ...rest }, JSON.stringify(args)),
      ),
    ),
  };
}

/** A frame with the given body as it stands. */
export function rawFrame(segments: readonly Segment[], body: string): Frame {
  return { headers: { v: wireVersion, segments }, body: new TextEncoder().encode(body) };
}

/** The value a state text of the store holds. */
export function stateOf(text: string): unknown {
  return (decodeText(text) as { state: unknown }).state;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
