import { testSystem } from "actor-runtime/testing";
import { expect, it } from "vitest";
import { Greeter } from "./greeter.js";

it("greets everybody and counts, each greeter for itself", async () => {
  await using t = await testSystem({ actors: [Greeter] });
  const lobby = t.ref(Greeter, "lobby");
  expect(await lobby.greet("world")).toBe("Hello world, this is lobby. You are guest 1.");
  expect(await t.ref(Greeter, "garden").greet("world")).toBe("Hello world, this is garden. You are guest 1.");
  await t.crash(lobby.address);
  expect(await lobby.greet("again")).toBe("Hello again, this is lobby. You are guest 2.");
});
