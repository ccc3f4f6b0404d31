import { typediContainer } from "@actor-runtime/typedi";
import { Actor, ActorContext, ConfigError, connect, Handler, inject } from "actor-runtime";
import { Container, Service, Token } from "typedi";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import { containerContract } from "../contracts/container.contract.js";

const CURRENCY = new Token<string>("CURRENCY");

@Service()
class Rates {
  static count = 0;
  readonly made = ++Rates.count;
}

@Service()
class Exchange {
  constructor(readonly rates: Rates) {}
}

class Unmarked {
  readonly value = 1;
}

@Service()
class Needy {
  constructor(readonly unmarked: Unmarked) {}
}

/** Registered without a decorator that would write metadata, as loaders without metadata leave it. */
class Bare {
  constructor(readonly rates: Rates) {}
}

@Service()
class BareUser {
  constructor(readonly bare: Bare) {}
}

afterEach(() => {
  Container.reset();
  Container.remove([Bare, CURRENCY]);
});

containerContract("typedi", () => ({
  port: typediContainer(),
  registered: Exchange,
  value: Container.get(Exchange),
  unregistered: CURRENCY,
  unregisteredName: "CURRENCY",
}));

describe("services from typedi", () => {
  it("are made once, with what their constructor needs", () => {
    const container = typediContainer();
    expect(container.get(Exchange).rates).toBe(container.get(Rates));
    expect(container.get(Exchange)).toBe(container.get(Exchange));
  });

  it("may be values behind a Token", () => {
    Container.set(CURRENCY, "CHF");
    expect(typediContainer().get(CURRENCY)).toBe("CHF");
  });

  it("belong to the container that was given", () => {
    const tenant = Container.of("tenant");
    onTestFinished(() => void Container.reset("tenant"));
    expect(typediContainer(tenant).get(Rates)).not.toBe(typediContainer().get(Rates));
    expect(typediContainer(tenant).get(Rates)).toBe(tenant.get(Rates));
  });

  it.each<[string, () => unknown, string]>([
    [
      "a class",
      () => typediContainer().get(Unmarked),
      "typedi has no service for Unmarked; put @Service() on the class",
    ],
    ["a Token", () => typediContainer().get(CURRENCY), 'typedi has no service for Token "CURRENCY"; give it a value'],
    ["what a service needs", () => typediContainer().get(Needy), "service Needy cannot be made: Service with"],
  ])("that are missing are named with the fix: %s", (_what, get, message) => {
    expect(get).toThrow(ConfigError);
    expect(get).toThrow(message);
  });
});

describe("a service whose constructor has no metadata", () => {
  const refused = "service Bare: its constructor wants 1 parameter(s), but there is no decorator metadata";

  it("is refused, where typedi alone would hand it the container", () => {
    Service()(Bare);
    const silently: unknown = Container.get(Bare).rates;
    expect(silently).toBe(Container.of());
    Container.reset();
    expect(() => typediContainer().get(Bare)).toThrow(ConfigError);
    expect(() => typediContainer().get(Bare)).toThrow(refused);
  });

  it("is refused also when another service needs it", () => {
    Service()(Bare);
    expect(() => typediContainer().get(BareUser)).toThrow(refused);
  });

  it("is welcome with a value or a factory", () => {
    const bare = new Bare(new Rates());
    Container.set(Bare, bare);
    expect(typediContainer().get(Bare)).toBe(bare);
    Container.set({ id: Bare, factory: () => bare });
    expect(typediContainer().get(BareUser).bare).toBe(bare);
  });
});

describe("an actor", () => {
  @Actor("Teller")
  class Teller {
    readonly #currency = inject(CURRENCY);
    readonly #self = inject(ActorContext);
    constructor(
      private readonly self: ActorContext,
      private readonly exchange: Exchange,
    ) {}
    @Handler() describe(): string {
      return `${this.self === this.#self} ${this.self.key} ${this.#currency} ${this.exchange.rates.made}`;
    }
  }

  it("gets typedi's services through its constructor and through inject", async () => {
    Container.set(CURRENCY, "CHF");
    const system = await connect({ actors: [Teller], container: typediContainer() });
    onTestFinished(() => system.close());
    expect(await system.ref(Teller, "ann").describe()).toBe(`true ann CHF ${Container.get(Rates).made}`);
  });
});
