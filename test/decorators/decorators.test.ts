import { testSystem } from "@actor-runtime/testing";
import { ConfigError, RejectedError, UnknownHandlerError } from "actor-runtime";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Compiler, compiled, type Dialect } from "./compile.js";

type Library = typeof import("./fixtures/library.js");
type Clash = typeof import("./fixtures/clash.js");

const everywhere: [Compiler, Dialect][] = [
  ["swc", "legacy"],
  ["swc", "standard"],
  ["tsc", "legacy"],
  ["tsc", "standard"],
];

describe.each(everywhere)("an actor compiled by %s with %s decorators", (compiler, dialect) => {
  let fixture: Library;
  beforeAll(async () => {
    fixture = await compiled<Library>("library", compiler, dialect);
  });

  async function library() {
    const { Book, Film } = fixture;
    const system = await testSystem({ actors: [Book, Film] });
    onTestFinished(() => system.close());
    return { system, book: system.ref(Book, "emma"), film: system.ref(Film, "m") };
  }

  it("P4: gets its @State fields back after a crash, inherited ones too, and no other field", async () => {
    const { system, book } = await library();
    await book.lend("ann");
    await book.shelve("novels");
    expect(await book.visit()).toBe(1);
    await system.crash(book.address);
    expect([await book.count(), await book.where(), await book.visit()]).toEqual([1, "novels", 1]);
  });

  it("stores each field under the name given to @State", async () => {
    const { system, book } = await library();
    await book.lend("ann");
    await book.shelve("novels");
    await system.settle();
    expect(await system.actors.read(book.address)).toEqual({ loans: 1, readers: ["ann"], place: "novels" });
  });

  it("runs an override in the place of the inherited handler", async () => {
    const { book, film } = await library();
    expect(await book.lend("ann")).toBe("emma lent to ann");
    expect(await film.lend("ann")).toBe("not for ann");
  });

  it("P4: leaves nothing behind when a handler refuses", async () => {
    const { book } = await library();
    await book.lend("ann");
    await expect(book.lend("ann")).rejects.toThrow(RejectedError);
    expect(await book.count()).toBe(1);
  });

  it("lists the marked methods of its own class only, and P13: refuses the others by name", async () => {
    const { system, book } = await library();
    const listed = Object.fromEntries(
      system.describe().types.map(({ name, handlers, queries }) => [name, { handlers, queries }]),
    );
    expect(listed).toMatchObject({
      Book: { handlers: ["lend", "shelve", "visit"], queries: ["count", "where"] },
      Film: { handlers: [], queries: ["lend", "count"] },
    });
    await expect(book.repair()).rejects.toThrow(UnknownHandlerError);
    await expect(book.repair()).rejects.toThrow("repair");
  });
});

// Legacy decorators name the class at start; TC39 field decorators have told nobody before the first instance is made.
describe("two fields of one stored name", () => {
  const clash = 'class Clash: the fields balance and amount are both stored as "balance"';

  it.each<Compiler>(["swc", "tsc"])("are refused at start with legacy decorators (%s)", async (compiler) => {
    const { Clash } = await compiled<Clash>("clash", compiler, "legacy");
    const start = testSystem({ actors: [Clash] });
    await expect(start).rejects.toThrow(ConfigError);
    await expect(start).rejects.toThrow(clash);
  });

  it.each<Compiler>(["swc", "tsc"])("are refused at the first message with TC39 decorators (%s)", async (compiler) => {
    const { Clash } = await compiled<Clash>("clash", compiler, "standard");
    const system = await testSystem({ actors: [Clash] });
    onTestFinished(() => system.close());
    await expect(system.ref(Clash, "c").read()).rejects.toThrow(clash);
  });
});

it.each<Compiler>(["swc", "tsc"])("a #private field cannot be state with TC39 decorators (%s)", async (compiler) => {
  const load = compiled("private-state", compiler, "standard");
  await expect(load).rejects.toThrow(ConfigError);
  await expect(load).rejects.toThrow(
    '@State on #secret: a #private field cannot be reached from outside; write "private secret"',
  );
});
