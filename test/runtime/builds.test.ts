import { ConfigError, UnknownHandlerError, wireVersion } from "@actor-runtime/core";
import { Actor, Every, Handler, Query, State } from "@actor-runtime/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import { collect, Rig, rawFrame, refusalOf, watch } from "./support.js";

@Actor("Doc", { partitions: 4 })
class OldDoc {
  @State() private lines: string[] = [];

  @Handler() write(line: string): number {
    return this.lines.push(line);
  }
  @Query() read(): string[] {
    return this.lines;
  }
}

/** The next build: its state has another shape, and it can do more. */
@Actor("Doc", { partitions: 4, version: 2, migrate: (old) => ({ text: (old["lines"] as string[]).join("\n") }) })
class NewDoc {
  @State() private text = "";

  @Handler() write(line: string): number {
    this.text += `${line}\n`;
    return this.text.length;
  }
  @Handler() replace(text: string): void {
    this.text = text;
  }
  @Query() read(): string[] {
    return this.text.split("\n");
  }
}

@Actor("Order", { mailbox: "shop", partitions: 4 })
class Order {
  @State() private items: string[] = [];

  @Handler() add(item: string): number {
    return this.items.push(item);
  }
}

@Actor("Parcel", { mailbox: "shop", partitions: 4 })
class Parcel {
  @State() private items: string[] = [];

  @Handler() pack(item: string): number {
    return this.items.push(item);
  }
  @Query() content(): string[] {
    return this.items;
  }
}

let runs: string[] = [];

@Actor("Feed", { partitions: 1 })
class OldFeed {
  @State() private turns = 0;

  @Handler() read(): number {
    return ++this.turns;
  }
  @Handler() @Every("1h") refresh(): void {
    runs.push("old");
  }
  @Handler() @Every("1m") gone(): void {}
}

@Actor("Feed", { partitions: 1 })
class NewFeed {
  @State() private turns = 0;

  @Handler() read(): number {
    return ++this.turns;
  }
  @Handler() reread(): void {
    this.turns = 1;
  }
  @Handler() @Every("2h") refresh(): void {
    runs.push("new");
  }
  @Handler() @Every("90m") report(): void {
    runs.push("report");
  }
}

const partitions = [0, 1, 2, 3].map((index) => `Doc:g1:0${index}`);
let rig: Rig;

beforeEach(() => {
  rig = new Rig();
});

describe("O13: what an older build does not know goes to a worker with a newer one", () => {
  const docs = ["a", "b", "c", "d", "e", "f", "g", "h"];

  async function mixed() {
    await rig.host([OldDoc], { process: "old", workerId: "old", build: "1" });
    await rig.advance(1_000);
    const client = await rig.host([], { process: "client" });
    for (const key of docs) await client.ref<OldDoc>("Doc", key).write("first");
    const next = await rig.host([NewDoc], { process: "new", workerId: "new", build: "2" });
    await rig.advance(3_000);
    return { next, doc: (key: string) => client.ref<NewDoc>("Doc", key) };
  }

  it("a handler that only the newer build has", async () => {
    const { doc } = await mixed();
    expect(await rig.holderOf("Doc:g1:00")).toBe("old");
    for (const key of docs) {
      const told = watch(doc(key).tell.replace("new"));
      const asked = watch(doc(key).write("more"));
      await rig.advance(1_000);
      expect([told.state, asked.value]).toEqual(["resolved", 8]);
    }
    expect(await rig.deadLetters("Doc")).toEqual([]);
    // Nothing is given back before the deploy is over.
    await rig.advance(30_000);
    expect(await rig.holderOf("Doc:g1:00")).toBe("new");
  });

  it("state that the newer build has written, in partitions that came back meanwhile", async () => {
    const { next, doc } = await mixed();
    const replaced = docs.map((key) => watch(doc(key).replace("new")));
    await rig.advance(1_000);
    expect(replaced.map(({ state }) => state)).toEqual(docs.map(() => "resolved"));
    await next.close();
    await rig.host([NewDoc], { process: "third", workerId: "third", build: "2" });
    await rig.advance(3_000);
    expect(await rig.holderOf("Doc:g1:00")).toBe("old");
    for (const key of docs) {
      const told = watch(doc(key).tell.write("more"));
      const asked = watch(doc(key).read());
      await rig.advance(1_000);
      expect([told.state, asked.value]).toEqual(["resolved", ["newmore", ""]]);
    }
    expect(await rig.deadLetters("Doc")).toEqual([]);
  });

  it("a frame of a newer wire version, which the newer build does not know either and buries", async () => {
    const { doc } = await mixed();
    const frame = rawFrame([{ stream: "100-abc", first: 1, count: 1, after: 0, settled: 0 }], "[]");
    await rig.publish("Doc:g1:00", { ...frame, headers: { ...frame.headers, v: wireVersion + 1 } });
    await rig.advance(1_000);
    expect(await rig.holderOf("Doc:g1:00")).toBe("new");
    expect(await rig.deadLetters("Doc")).toHaveLength(1);
    expect(await doc("a").write("on")).toBeGreaterThan(0);
  });

  it("and stays there, also when builds share the partitions for long", async () => {
    const { doc } = await mixed();
    await rig.advance(70_000);
    const holders = async () =>
      (await Promise.all(partitions.map((name) => rig.holderOf(name)))).map(String).toSorted();
    expect(await holders()).toEqual(["new", "new", "old", "old"]);
    for (const key of docs) {
      const replaced = watch(doc(key).replace("new"));
      await rig.advance(1_000);
      expect(replaced.state).toBe("resolved");
    }
    const written = docs.map((key) => watch(doc(key).write("more")));
    await rig.advance(1_000);
    expect(written.map(({ value }) => value)).toEqual(docs.map(() => 8));
    // Nobody passes to and fro what only the newer build can serve.
    expect(await holders()).toEqual(["new", "new", "new", "new"]);
    expect(rig.logged("warn").length).toBeLessThanOrEqual(4);
  });

  it("and does not wait for an older one's abstinence when the worker it went to dies", async () => {
    const { doc } = await mixed();
    await rig.host([NewDoc], { process: "newer", workerId: "newer", build: "2" });
    await rig.advance(3_000);
    for (const key of docs) {
      const replaced = watch(doc(key).replace("new"));
      await rig.advance(100);
      expect(replaced.state).toBe("resolved");
    }
    expect(await rig.holderOf("Doc:g1:00")).not.toBe("old");
    rig.world.disconnect("new");
    await rig.advance(10_500);
    const written = docs.map((key) => watch(doc(key).write("more")));
    await rig.advance(1_000);
    expect(written.map(({ value }) => value)).toEqual(docs.map(() => 8));
  });

  it("where nobody is newer, it is an error at once", async () => {
    await rig.host([OldDoc], { process: "old", build: "1" });
    const client = await rig.host([], { process: "client" });
    expect(await refusalOf(client.ref<NewDoc>("Doc", "a").replace("x"))).toBeInstanceOf(UnknownHandlerError);
  });
});

@Actor("Doc", { mailbox: "library", partitions: 4 })
class MovedDoc {
  @Handler() write(): void {}
}

describe("types that share a mailbox", () => {
  it("do not leave the mailbox that has their state, for which there would be two owners and then none", async () => {
    const old = await rig.host([OldDoc], { process: "old", build: "1" });
    expect(await old.ref(OldDoc, "a").write("first")).toBe(1);
    const refused = await refusalOf(rig.host([MovedDoc], { process: "new", build: "2" }));
    expect(refused).toBeInstanceOf(ConfigError);
    expect(refused.message).toContain('its state is in mailbox "Doc", it cannot move to "library"');
    expect(await old.ref(OldDoc, "a").write("more")).toBe(2);
  });

  it("P1, P3: messages for one that the owner does not host wait in the store, in order, for a worker that does", async () => {
    const both = await rig.host([Order, Parcel], { process: "both", workerId: "both" });
    const client = await rig.host([], { process: "client" });
    expect(await client.ref<Parcel>("Parcel", "p").pack("a")).toBe(1);
    await rig.host([Order], { process: "orders", workerId: "orders" });
    await both.close();
    await rig.settle();
    const parcel = client.ref<Parcel>("Parcel", "p");
    const told = [watch(parcel.tell.pack("b")), watch(parcel.tell.pack("c"))];
    const asked = watch(parcel.with({ timeout: "1m" }).pack("d"));
    const due = watch(parcel.with({ delay: "500ms" }).tell.pack("e"));
    const later = watch(parcel.with({ delay: "5s" }).tell.pack("f"));
    await rig.advance(1_000);
    expect(told.map(({ state }) => state)).toEqual(["resolved", "resolved"]);
    expect(asked.state).toBe("pending");
    expect(await client.ref<Order>("Order", "o").add("x")).toBe(1);
    await rig.host([Order, Parcel], { process: "again", workerId: "again" });
    await rig.advance(10_000);
    expect(asked.value).toBe(4);
    expect([due.state, later.state]).toEqual(["resolved", "resolved"]);
    expect(await parcel.content()).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(await rig.deadLetters("Parcel")).toEqual([]);
  });

  it("pass to a newer build one by one as messages of a type come that only it hosts, not all at once", async () => {
    await rig.host([Order], { process: "orders", workerId: "orders", build: "1" });
    await rig.advance(1_000);
    await rig.host([Order, Parcel], { process: "both", workerId: "both", build: "2" });
    await rig.advance(5_000);
    const holders = () => Promise.all([0, 1, 2, 3].map((index) => rig.holderOf(`shop:g1:0${index}`)));
    expect(await holders()).toEqual(["orders", "orders", "orders", "orders"]);
    const client = await rig.host([], { process: "client" });
    const packed = watch(client.ref<Parcel>("Parcel", "p").pack("a"));
    await rig.advance(1_000);
    expect(packed.value).toBe(1);
    expect((await holders()).filter((holder) => holder === "both")).toHaveLength(1);
  });

  it("go to the worker that hosts all of them, as soon as there is one", async () => {
    await rig.host([Order], { process: "orders", workerId: "orders" });
    await rig.host([Order, Parcel], { process: "both", workerId: "both" });
    await rig.advance(3_000);
    for (let index = 0; index < 4; index++) expect(await rig.holderOf(`shop:g1:0${index}`)).toBe("both");
  });
});

describe("reminders that a class declares with @Every", () => {
  it("are those of the newest build, though the actor moves to an older one and back", async () => {
    runs = [];
    const old = await rig.host([OldFeed], { process: "old", workerId: "old", build: "1" });
    await rig.advance(1_000);
    const client = await rig.host([], { process: "client" });
    const turn = async (name: "read" | "reread") => {
      const asked = watch<number | void>(client.ref<NewFeed>("Feed", "a")[name]());
      await rig.advance(1_000);
      expect(asked.state).toBe("resolved");
    };
    const reminders = async () => {
      const found = await collect(old.reminders.list({ type: "Feed" }));
      return found.map(({ name, every, dueAt }) => ({ name, every, dueAt }));
    };
    const next = await rig.host([NewFeed], { process: "new", workerId: "new", build: "2" });
    await rig.advance(3_000);
    // A new actor of an older build has its own.
    await turn("read");
    expect(await rig.holderOf("Feed:g1:00")).toBe("old");
    expect((await reminders()).map(({ name }) => name)).toEqual(["@gone", "@refresh"]);
    await turn("reread");
    expect(await rig.holderOf("Feed:g1:00")).toBe("new");
    const declared = await reminders();
    expect(declared.map(({ name, every }) => [name, every])).toEqual([
      ["@report", 5_400_000],
      ["@refresh", 7_200_000],
    ]);

    await next.close();
    await rig.host([NewFeed], { process: "third", workerId: "third", build: "2" });
    await rig.advance(3_000);
    expect(await rig.holderOf("Feed:g1:00")).toBe("old");
    await turn("read");
    // What is missing is made: only the newer build knows that it is not wanted any more.
    expect((await reminders()).filter(({ name }) => name !== "@gone")).toEqual(declared);
    await rig.advance(7_200_000);
    expect(runs).toEqual(["report", "new"]);
    expect((await reminders()).map(({ name }) => name)).toEqual(["@report", "@refresh"]);
    expect(await rig.deadLetters("Feed")).toEqual([]);
  });
});
