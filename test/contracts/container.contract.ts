import type { Container, InjectionToken } from "@actor-runtime/core";
import { beforeEach, describe, expect, it } from "vitest";

export interface ContainerUnderTest {
  readonly port: Container;
  /** A token that something is registered for, and what that is. */
  readonly registered: InjectionToken<object>;
  readonly value: object;
  /** A token that nothing is registered for, and the name it goes by. */
  readonly unregistered: InjectionToken<object>;
  readonly unregisteredName: string;
}

/** What every container does, whichever library is behind it. */
export function containerContract(name: string, make: () => ContainerUnderTest): void {
  describe(`${name}: container`, () => {
    let under: ContainerUnderTest;

    beforeEach(() => {
      under = make();
    });

    it("gives what is registered for a token", () => {
      expect(under.port.get(under.registered)).toBe(under.value);
    });

    it("gives the same instance every time", () => {
      expect(under.port.get(under.registered)).toBe(under.port.get(under.registered));
    });

    it("P13: names the token that nothing is registered for", () => {
      expect(() => under.port.get(under.unregistered)).toThrow(under.unregisteredName);
    });
  });
}
