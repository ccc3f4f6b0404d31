import { Redis } from "ioredis";
import { afterAll, describe, expect, it } from "vitest";
import { someMember } from "../contracts/membership.contract.js";
import { eventually } from "../contracts/samples.js";
import { services } from "../services/services.js";
import { connected } from "./redis/connect.js";

const redis = new Redis((await services()).redisUrl);
const longTtlMs = 600_000;

afterAll(() => redis.disconnect());

async function twoProcesses() {
  const one = await connected();
  const two = await connected({ namespace: one.namespace });
  const left = () => redis.keys(`*${one.namespace}}:responses:*`);
  const close = () => Promise.all([one.services.close(), two.services.close()]);
  return { one, two, left, close };
}

describe("questions to members in Redis", () => {
  it("leave nothing behind, neither with responses nor without", async () => {
    const { one, two, left, close } = await twoProcesses();
    const [a, b] = [someMember("a"), someMember("b")];
    await two.membership.join(a, longTtlMs);
    await two.membership.join(b, longTtlMs);
    two.membership.respond(a, () => "x".repeat(10_000));
    await eventually(async () => {
      const { responses, silent } = await one.membership.inquire("who?", { timeoutMs: 50 });
      expect([[...responses.keys()], silent]).toEqual([["a"], ["b"]]);
    });
    expect(await left()).toEqual([]);
    await close();
  });

  it("leave nothing for longer than their time when whoever asked dies", async () => {
    const { one, two, left, close } = await twoProcesses();
    await two.membership.join(someMember("a"), longTtlMs);
    const asking = one.membership.inquire("who?", { timeoutMs: 60_000 });
    asking.catch(() => {});
    await eventually(async () => expect(await left()).toHaveLength(1));
    await one.services.close();
    await expect(asking).rejects.toThrow("closed");
    const [list] = await left();
    expect(await redis.pttl(list!)).toBeGreaterThan(0);
    expect(await redis.pttl(list!)).toBeLessThanOrEqual(65_000);
    await close();
  });

  it("get no response that comes after whoever asked has gone: it would stay", async () => {
    const { one, two, left, close } = await twoProcesses();
    const a = someMember("a");
    await two.membership.join(a, longTtlMs);
    const heard: string[] = [];
    two.membership.respond(a, (question) => {
      heard.push(question);
      return "late";
    });
    await eventually(async () => {
      const question = JSON.stringify({ id: "nobody-waits", of: ["a"], text: "who?" });
      await redis.publish(`${one.namespace}:changes`, `question:${question}`);
      expect(heard).not.toEqual([]);
    });
    // On the same connection, so after the response.
    await two.membership.view();
    expect(await left()).toEqual([]);
    await close();
  });

  it("harm nobody who cannot read them", async () => {
    const { one, two, close } = await twoProcesses();
    const a = someMember("a");
    await two.membership.join(a, longTtlMs);
    two.membership.respond(a, (question) => question);
    const answered = () =>
      eventually(async () => {
        const { responses } = await one.membership.inquire("who?", { timeoutMs: 50 });
        expect(responses.get("a")).toBe("who?");
      });
    await answered();
    const wrong = ["{", "null", '{"id":1}', '{"id":"i","of":"a"}', '{"id":"i","of":["a"]}'];
    for (const text of wrong) await redis.publish(`${one.namespace}:changes`, `question:${text}`);
    await answered();
    await close();
  });
});
