import { ConfigError, type Container } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { ActorContext } from "../actor-context.js";
import { Actor, Handler } from "./decorators.js";
import { DefaultContainer } from "./default-container.js";
import { defineActor } from "./define.js";
import { inject } from "./inject.js";

class Clockwork {
  readonly made = true;
}

class AuditLog {
  readonly clockwork = inject(Clockwork);
}

@Actor("Account")
class Account {
  readonly self = inject(ActorContext);
  readonly audit = inject(AuditLog);
  @Handler() open(): void {}
}

const contextOf = (address: string) => ({ address }) as ActorContext;
const makeAccount = (address: string, container: Container) =>
  defineActor(Account).construct(contextOf(address), container) as Account;

describe("inject", () => {
  it("gives each actor its own context and all of them the same service", () => {
    const container = new DefaultContainer();
    const [alice, bob] = [makeAccount("Account/alice", container), makeAccount("Account/bob", container)];
    expect([alice.self.address, bob.self.address]).toEqual(["Account/alice", "Account/bob"]);
    expect(alice.audit).toBe(bob.audit);
    expect(alice.audit.clockwork.made).toBe(true);
  });

  it("fills constructor parameters from static inject, the context included", () => {
    @Actor("Teller")
    class Teller {
      static readonly inject = [ActorContext, AuditLog];
      constructor(
        readonly self: ActorContext,
        readonly audit: AuditLog,
      ) {}
      @Handler() open(): void {}
    }
    const teller = defineActor(Teller).construct(contextOf("Teller/1"), new DefaultContainer()) as Teller;
    expect(teller.self.address).toBe("Teller/1");
    expect(teller.audit).toBeInstanceOf(AuditLog);
  });

  it("fails with `new` and names testSystem", () => {
    expect(() => new Account()).toThrow(ConfigError);
    expect(() => new Account()).toThrow(
      /inject\(ActorContext\) .* testSystem\(\{ actors: \[…\] \}\) of "actor-runtime\/testing"/,
    );
  });

  it("keeps the outer actor's context while another is made, also when that fails", () => {
    @Actor("Broken")
    class Broken {
      readonly failure = inject(Missing);
      @Handler() open(): void {}
    }
    @Actor("Outer")
    class Outer {
      readonly inner = makeAccount("Account/inner", new DefaultContainer()).self.address;
      readonly failed = this.tryBroken();
      readonly self = inject(ActorContext);
      @Handler() open(): void {}
      private tryBroken(): boolean {
        expect(() => defineActor(Broken).construct(contextOf("Broken/1"), new DefaultContainer())).toThrow(ConfigError);
        return true;
      }
    }
    const outer = defineActor(Outer).construct(contextOf("Outer/1"), new DefaultContainer()) as Outer;
    expect([outer.inner, outer.failed, outer.self.address]).toEqual(["Account/inner", true, "Outer/1"]);
    expect(() => inject(Clockwork)).toThrow(ConfigError);
  });

  it("refuses a service that wants the context of whichever actor came first", () => {
    @Actor("Leaky")
    class Leaky {
      readonly service = inject(Contextual);
      @Handler() open(): void {}
    }
    expect(() => defineActor(Leaky).construct(contextOf("Leaky/1"), new DefaultContainer())).toThrow(
      "inject(ActorContext): a service is shared by all actors and has no context",
    );
  });
});

class Missing {
  constructor(readonly needed: string) {}
}
class Contextual {
  readonly self = inject(ActorContext);
}
class Chicken {
  readonly egg: unknown = inject(Egg);
}
class Egg {
  readonly chicken: unknown = inject(Chicken);
}
@Actor("Farm")
class Farm {
  readonly chicken = inject(Chicken);
  @Handler() open(): void {}
}

describe("without a container", () => {
  it.each<[string, unknown, string]>([
    ["a constructor that wants parameters", Missing, "inject(Missing): its constructor wants 1 parameter(s)"],
    ["a token that is no class", { name: "LOGGER" }, "inject(LOGGER): only classes can be made without a container"],
  ])("%s is refused with the fix", (_what, token, message) => {
    expect(() => new DefaultContainer().get(token as typeof Missing)).toThrow(message);
    expect(() => new DefaultContainer().get(token as typeof Missing)).toThrow("typediContainer()");
  });

  it("services that need each other are refused with their path", () => {
    expect(() => defineActor(Farm).construct(contextOf("Farm/1"), new DefaultContainer())).toThrow(
      "services need each other: Chicken → Egg → Chicken",
    );
  });
});
