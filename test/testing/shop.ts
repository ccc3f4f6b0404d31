import { Actor, ActorContext, Handler, inject, Query, RejectedError, State } from "actor-runtime";
import { Service, Token } from "typedi";

/** What something costs; a test decides. */
export const PRICE = new Token<number>("PRICE");

@Service()
export class Courier {
  #parcels = 0;
  /** @returns how many it has sent */
  async send(_parcel: string): Promise<number> {
    return ++this.#parcels;
  }
}

@Service()
export class Dispatch {
  constructor(readonly courier: Courier) {}
  ship(parcel: string): Promise<number> {
    return this.courier.send(parcel);
  }
}

/** An order: takes parts from the warehouse and ships. */
@Actor("Order")
export class Order {
  private readonly self = inject(ActorContext);
  private readonly dispatch = inject(Dispatch);
  @State() private readonly lines: string[] = [];
  @State({ name: "is_shipped" }) private shipped = false;
  private visits = 0;

  @Handler() add(part: string, count: number): void {
    this.lines.push(`${count} ${part}`);
    this.self.ref(Part, part).tell.take(count);
  }

  @Handler({ timeout: "10s" }) async ship(): Promise<number> {
    const parcels = await this.dispatch.ship(this.lines.join(", "));
    this.shipped = true;
    return parcels;
  }

  @Handler() visit(): number {
    return ++this.visits;
  }

  @Handler() luck(): number {
    return this.self.random();
  }

  @Query() isShipped(): boolean {
    return this.shipped;
  }

  @Query() sorted(): string[] {
    return this.lines.sort();
  }

  @Query() async stock(part: string): Promise<number> {
    return this.self.ref(Part, part).left();
  }
}

/** A part on the shelf. */
@Actor("Part", { attempts: 3 })
export class Part {
  private readonly self = inject(ActorContext);
  private readonly price = inject(PRICE);
  @State() private count = 0;
  @State() private takenAt: Date | undefined;

  @Handler() take(count: number): void {
    this.takenAt = new Date(this.self.now());
    this.count -= count;
    if (this.count < 0) throw new RejectedError(`${this.self.key} is sold out`, { code: "SOLD_OUT" });
  }

  @Handler() jam(): void {
    this.count = 1_000;
    throw new TypeError("the shelf is stuck");
  }

  @Query() left(): number {
    return this.count;
  }

  @Query() worth(): number {
    return this.count * this.price;
  }

  @Query() lastTaken(): Date | undefined {
    return this.takenAt;
  }
}

/** Tells itself again and again. */
@Actor("Carousel")
export class Carousel {
  private readonly self = inject(ActorContext);
  @Handler() turn(): void {
    this.self.ref(Carousel, this.self.key).tell.turn();
  }
}

/** Cannot come to life. */
@Actor("Stillborn")
export class Stillborn {
  onActivate(): void {
    throw new RangeError("no heart");
  }
  @Handler() greet(): string {
    return "hello";
  }
}
