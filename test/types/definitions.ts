// What the compiler accepts and refuses where actors are defined. Never run: types.test.ts compiles it in both dialects.
import { Actor, ActorContext, Every, Handler, inject, Query, State, Stateless } from "actor-runtime";
import { Token } from "typedi";
import { z } from "zod";

interface Courier {
  send(parcel: string): void;
}
const COURIER = new Token<Courier>("COURIER");

abstract class Scale {
  abstract weigh(parcel: string): number;
}

class Registrar {
  readonly names: string[] = [];
  private constructor() {}
  static make(): Registrar {
    return new Registrar();
  }
}

interface Route {
  stops: string[];
  next?: Route;
}

class Stamp {
  constructor(readonly cents: number) {}
  plus(other: Stamp): Stamp {
    return new Stamp(this.cents + other.cents);
  }
}

@Actor("Parcel", {
  partitions: 32,
  mailbox: "post",
  version: 3,
  migrate: (old, from) => (from === 1 ? { ...old, weight: 0 } : old),
  replyRetention: "5m",
  idleAfter: 30_000,
  whileRetrying: "pass",
  attempts: 8,
})
export class Parcel {
  private readonly self = inject(ActorContext);
  private readonly courier = inject(COURIER);
  private readonly scale = inject(Scale);
  private readonly names: string[] = inject(Registrar).names;
  @State() private weight = 0;
  @State({ name: "where" }) private place: string | undefined;

  // one schema for the only argument, a list for several, objects with optional fields, none at all
  @Handler({ input: z.string().min(1) }) pack(content: string): number {
    this.weight += this.scale.weigh(content);
    return this.weight;
  }
  @Handler({ input: [z.string(), z.number().int()], timeout: "90s" }) async move(
    to: string,
    hours: number,
  ): Promise<void> {
    this.place = `${to} in ${hours} h`;
  }
  @Handler({ input: z.object({ at: z.date(), note: z.string().optional() }) }) stampAt(order: {
    at: Date;
    note?: string | undefined;
  }): Date {
    return order.at;
  }
  @Handler({ input: z.string().default("home") }) send(to: string): void {
    this.courier.send(to);
  }
  @Handler() route(route: Route): Route {
    return route;
  }
  @Handler() stamp(stamp: Stamp): Stamp {
    return stamp.plus(stamp);
  }
  @Handler() label(text: string, copies?: number): string[] {
    return Array.from({ length: copies ?? 1 }, () => text);
  }
  @Handler() sum(...weights: number[]): number {
    return weights.length;
  }
  @Handler() raw(value: unknown): unknown {
    return value;
  }
  @Handler() async twin(key: string): Promise<string | undefined> {
    return await this.self.ref(Parcel, key).where();
  }
  @Handler() forward(key: string): void {
    // a tell inside a turn has nothing to wait for
    const sent: void = this.self.ref(Parcel, key).tell.send("home");
    return sent;
  }
  @Handler() @Every("1h") weighAgain(tolerance = 1): number {
    return this.weight + tolerance;
  }
  @Every({ cron: "0 9 * * mon-fri", tz: "Europe/Berlin", missed: "skip" })
  @Handler()
  async report(): Promise<void> {
    await this.self.ref(Parcel, "office").where();
  }
  @Query({ input: z.string() }) isNamed(name: string): boolean {
    return this.names.includes(name);
  }
  @Query() where(): string | undefined {
    return this.place;
  }
  protected helper(): number {
    return 1;
  }
}

@Actor("Drawer")
export class Drawer<T extends string | number> {
  @State() private content?: T;
  @Handler() put(content: T): void {
    this.content = content;
  }
  @Query() look(): T | undefined {
    return this.content;
  }
}

export class Refused {
  // @ts-expect-error references have `tell` themselves
  @Handler() tell(text: string): string {
    return text;
  }
  // @ts-expect-error a reference with `toJSON` could not be printed
  @Query() toJSON(): string {
    return "";
  }
  // @ts-expect-error the runtime calls it
  @Handler() onActivate(): void {}

  // @ts-expect-error the schema gives a string
  @Handler({ input: z.string() }) count(n: number): void {
    void n;
  }
  // @ts-expect-error the second schema gives a string
  @Handler({ input: [z.string(), z.string()] }) pair(text: string, n: number): void {
    void [text, n];
  }
  // @ts-expect-error a schema is missing for the second argument
  @Handler({ input: [z.string()] }) short(text: string, n: number): void {
    void [text, n];
  }
  // @ts-expect-error no duration
  @Handler({ timeout: "2 seconds" }) slow(): void {}

  // @ts-expect-error it is called without arguments
  @Every("1h") late(by: number): void {
    void by;
  }
  // @ts-expect-error what comes only once is set in a handler
  @Every({ in: "1h" }) once(): void {}

  // @ts-expect-error queries have no time of their own
  @Query({ timeout: "2s" }) quick(): void {}

  // @ts-expect-error no instance, no actor
  @Handler() static shared(): void {}

  // @ts-expect-error a handler is a method
  @Handler() field = 1;

  // @ts-expect-error state belongs to one actor
  @State() static total = 0;

  // @ts-expect-error state is a field
  @State() method(): void {}

  // @ts-expect-error nobody outside can restore a #private field
  @State() #secret = 0;

  grow(): number {
    return (this.#secret += 1);
  }
}

@Stateless("Stamper", { balance: "fastest", concurrency: 4 })
export class Stamper {
  @Handler() stamp(letter: string): string {
    return `stamped ${letter}`;
  }
}

// @ts-expect-error no such balance
@Stateless("Unfair", { balance: "fair" })
export class Unfair {
  name = "";
}

// @ts-expect-error the name is given, never derived
@Actor()
export class Nameless {
  name = "";
}

// @ts-expect-error the runtime cannot make it
@Actor("Shape")
export abstract class Shape {
  name = "";
}

// @ts-expect-error not an option
@Actor("Typo", { idleTimeout: "5m" })
export class Typo {
  name = "";
}

// @ts-expect-error a number is no token
export const nothing = (): unknown => inject(1);
