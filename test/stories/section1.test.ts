import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { testSystem } from "actor-runtime/testing";
import { expect, it } from "vitest";
import { typeErrors } from "../docs/type-errors.js";
import { Account } from "./fixtures/section1/account.js";
import { places } from "./places.js";

// account.ts and main.ts hold the two blocks of DESIGN.md, section 1, word for word.
const folder = fileURLToPath(new URL("./fixtures/section1/", import.meta.url));

it("the first example of the design compiles in strict mode with legacy decorators", async () => {
  expect(await typeErrors(folder)).toEqual([]);
});

it.each(places)(
  "the first example of the design runs in $name, its transaction included",
  async ({ env }) => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--import", "actor-runtime/register", "main.ts"],
      { cwd: folder, timeout: 25_000, env: { ...process.env, ACTOR_DECORATORS: "", ...env() } },
    );
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      alice: 85,
      bob: 10,
      written: { fence: expect.any(Number), lost: false },
      overdrawn: true,
    });
  },
  30_000,
);

it("P4: the account of the design pays another when its turn commits, and closes", async () => {
  await using t = await testSystem({ actors: [Account] });
  const [alice, bob] = [t.ref(Account, "alice"), t.ref(Account, "bob")];
  await alice.deposit(100);
  await alice.payTo("bob", 30);
  await expect(alice.payTo("bob", 71)).rejects.toThrow("insufficient funds");
  await t.settle();
  expect([await alice.current(), await bob.current()]).toEqual([70, 30]);
  await alice.close();
  expect([await alice.current(), await t.actors.read(alice.address)]).toEqual([0, undefined]);
});
