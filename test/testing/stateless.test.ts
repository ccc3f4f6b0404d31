import { Actor, ActorContext, Handler, inject, Query, RejectedError, State, Stateless } from "actor-runtime";
import { type TestSystem, testSystem } from "actor-runtime/testing";
import { afterEach, beforeEach, expect, it } from "vitest";

@Actor("Album")
class Album {
  private readonly self = inject(ActorContext);
  @State() private readonly images: string[] = [];

  @Handler() order(image: string): void {
    this.self.ref(Resize).tell.into(this.self.key, image);
  }
  @Handler() add(image: string): void {
    this.images.push(image);
  }
  @Query() all(): string[] {
    return this.images;
  }
}

@Stateless("Resize")
class Resize {
  private readonly self = inject(ActorContext);

  @Handler() into(album: string, image: string): void {
    if (!image.endsWith(".png")) throw new RejectedError(`${image} is no image`);
    this.self.ref(Album, album).tell.add(`small ${image}`);
  }
}

let t: TestSystem;

beforeEach(async () => {
  t = await testSystem({ actors: [Album, Resize] });
});
afterEach(() => t.close());

it("a test of actors that use a stateless type settles once its work is done, and sees what was sent", async () => {
  await t.ref(Album, "cats").order("tom.png");
  await t.settle();
  expect(await t.ref(Album, "cats").all()).toEqual(["small tom.png"]);
  expect(t.sent.filter(({ kind }) => kind === "tell").map(({ to, handler }) => `${to}.${handler}`)).toEqual([
    "Resize/*.into",
    "Album/cats.add",
  ]);
});

it("a test sees every dead letter of a stateless type", async () => {
  await t.ref(Resize).tell.into("cats", "tom.txt");
  await t.ref(Resize).tell.into("cats", "leo.txt");
  await t.settle();
  expect(t.deadLetters.map(({ address, args }) => [address, args[1]])).toEqual([
    ["Resize/*", "tom.txt"],
    ["Resize/*", "leo.txt"],
  ]);
});
