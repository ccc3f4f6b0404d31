import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { LocalSystem } from "@actor-runtime/runtime";
import { expect, it, onTestFailed } from "vitest";
import { RabbitProcess } from "../../services/rabbitmq-process.js";
import { RedisProcess } from "../../services/redis-process.js";
import { CountingTelemetry } from "../chaos/counting-telemetry.js";
import { join, type Member } from "../chaos/join.js";
import { MemberProcess } from "../member-process.js";
import { complaints } from "./complaints.js";
import type { Report } from "./reminder-member.js";
import { Subscription } from "./subscription.js";

type Process = MemberProcess<never, Report>;

const file = new URL("./reminder-member.ts", import.meta.url);
const subscriptions = 1_000;
/** So many of them tick each second besides. */
const repeating = 100;
/** One-shot reminders tick within this time, in ms. */
const spreadMs = 12_000;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Workers in a namespace of their own, and a client. */
class Stage implements AsyncDisposable {
  readonly #member: (name: string) => Member;
  readonly #workers: Process[] = [];
  #started = 0;
  client!: LocalSystem;

  constructor(urls: { readonly amqpUrl: string; readonly redisUrl: string }) {
    const namespace = `reminders-${randomBytes(4).toString("hex")}`;
    this.#member = (name) => ({ ...urls, namespace, name });
  }

  async open(workers: number): Promise<void> {
    onTestFailed(() => void process.stderr.write(this.#workers.map(({ name, log }) => `${name}:\n${log}`).join("\n")));
    await Promise.all(Array.from({ length: workers }, () => this.startWorker()));
    this.client = await join(this.#member("client"), [], new CountingTelemetry(), silent);
  }

  async startWorker(): Promise<void> {
    const name = `worker-${++this.#started}`;
    this.#workers.push(await MemberProcess.start(name, file, [JSON.stringify(this.#member(name))], () => {}));
  }

  /** The one that has been there for longest. */
  async killWorker(): Promise<void> {
    await this.#workers.shift()!.kill();
  }

  /** What kept somebody from leaving, in words. */
  async close(): Promise<string[]> {
    await this.client.close();
    return (await Promise.all(this.#workers.map((worker) => worker.lingers()))).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
    await this.client?.close();
  }
}

it("P1: 1,000 reminders tick exactly once each while workers die and Redis and RabbitMQ are restarted", {
  timeout: 120_000,
}, async () => {
  await using rabbit = await RabbitProcess.start();
  await using redis = await RedisProcess.start({ appendfsync: "always" });
  await using stage = new Stage({ amqpUrl: rabbit.url, redisUrl: redis.url });
  await stage.open(3);
  const refs = Array.from({ length: subscriptions }, (_, index) => stage.client.ref(Subscription, `s${index}`));
  const set = Date.now();
  await Promise.all(refs.map((ref, index) => ref.remind(2_000 + (index * spreadMs) / subscriptions)));
  await Promise.all(refs.slice(0, repeating).map((ref) => ref.repeat()));

  await sleep(2_000);
  await stage.killWorker();
  await stage.startWorker();
  await sleep(1_000);
  await redis.restart({ kill: true });
  await sleep(2_000);
  await stage.killWorker();
  await redis.restart({ kill: false });
  await stage.startWorker();
  await sleep(1_000);
  await rabbit.restart({ kill: true });

  const journals = () => Promise.all(refs.map((ref) => ref.with({ timeout: "10s" }).journal()));
  const ticked = async () => (await journals()).filter((journal) => journal.some(({ name }) => name === "once")).length;
  await expect.poll(ticked, { timeout: 60_000, interval: 500 }).toBe(subscriptions);
  await Promise.all(refs.slice(0, repeating).map((ref) => ref.stop()));
  const stopped = Date.now();
  // A tick too many would come now.
  await sleep(1_500);
  const all = await journals();
  const lateness = all.flat().map(({ dueAt, at }) => at - dueAt);
  process.stdout.write(
    `${JSON.stringify({ ticks: lateness.length, onTime: lateness.filter((ms) => ms < 1_000).length, latestMs: Math.max(...lateness), tookMs: stopped - set })}\n`,
  );

  const left: string[] = [];
  for await (const { address, name } of stage.client.reminders.list({})) left.push(`${address}: ${name} is left`);
  const dead: string[] = [];
  for await (const letter of stage.client.dead.list({ type: "Subscription" })) dead.push(`${letter.address} is dead`);
  const wrong = all.flatMap((journal, index) => complaints(refs[index]!.address, journal, index < repeating));
  expect([...wrong, ...left, ...dead, ...(await stage.close())]).toEqual([]);
});
