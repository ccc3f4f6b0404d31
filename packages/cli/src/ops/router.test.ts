import { ConflictError, type DeadLetter, UnknownTypeError } from "@actor-runtime/core";
import type {
  ActorSystem,
  ReminderReport,
  SystemDescription,
  TransactionDescription,
  UntypedCall,
} from "@actor-runtime/runtime";
import { describe, expect, it } from "vitest";
import { opsRouter, type RouterOptions } from "./router.js";

const hosted: SystemDescription = {
  workerId: "w1",
  namespace: "default",
  transport: "embedded",
  state: "running",
  types: [
    {
      name: "Account",
      mailbox: "Account",
      partitions: 16,
      handlers: ["deposit"],
      queries: ["current"],
      activations: 2,
      paused: [],
      braked: false,
    },
  ],
  pools: [],
  checks: { partitions: "ok" },
};

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const mailbox = { name: "Account", generation: 1, partitions: 2 };

function letter(id: string): DeadLetter {
  return {
    id,
    address: "Account/a",
    handler: "deposit",
    message: {
      to: "Account/a",
      kind: "tell",
      handler: "deposit",
      args: [1],
      trace: { traceparent: `00-${traceId}-b7-01` },
    },
    cause: {
      class: "HandlerError",
      name: "TypeError",
      code: "HANDLER_FAILED",
      message: "a bug",
      effect: "none",
      retryable: false,
      stack: "at deposit",
    },
    attempts: 5,
    at: 1_000,
  };
}

const lock = {
  held: {
    mode: "exclusive",
    fence: 17,
    holders: [{ request: "w1/k3x/1", claimed: true, remainingMs: 9_000, heldMs: 50 }],
  },
  waiting: [{ request: "w2/p7q/9", mode: "shared", waitedMs: 40, remainingMs: 960 }],
} as const;

const transaction: TransactionDescription = {
  ...{ id: "pay:1", phase: "running", forced: false, since: 1_000, until: 11_000, open: [] },
  held: [
    {
      ...{ address: "Account/a", worker: "w1", mode: "exclusive", changes: true, running: false },
      ...{ heldMs: 50, waiting: ["tax:1"], parked: 2 },
    },
  ],
};

const renew: ReminderReport = {
  ...{ address: "Account/a/b", name: "renew/1", handler: "renew", dueAt: 1_000 },
  ...{ every: 60_000, missed: "once", tick: 3, overdueMs: 50 },
};

/** What the routes need of a system; stored actors are `Account/0` … and `Account/a/b`. */
function systemOf({
  stored = 3,
  letters = 2,
  locks = 1,
  transactions = 1,
  reminders = 1,
  ...description
}: Partial<SystemDescription> & {
  stored?: number;
  letters?: number;
  locks?: number;
  transactions?: number;
  reminders?: number;
} = {}) {
  const erased: string[] = [];
  const asked: UntypedCall[] = [];
  const filters: object[] = [];
  const broken: string[] = [];
  const resolved: string[] = [];
  const system = {
    describe: () => ({ ...hosted, ...description }),
    ask: async (call) => {
      asked.push(call);
      const { address, handler, args } = call;
      return { address, handler, args };
    },
    actors: {
      types: async () => [],
      async *list(type, { prefix = "" } = {}) {
        if (type === "Nobody") throw new UnknownTypeError("there is no such type");
        for (let key = 0; key < stored; key++) yield { address: `${type}/${prefix}${key}`, bytes: 10, version: 1 };
      },
      read: async (address) => (address === "Account/a/b" ? { balance: 12n } : undefined),
      load: async () => ({ state: undefined, version: "none" }),
      compareAndSet: async (_, version) => version,
      erase: async (address) => {
        erased.push(address);
        return { deadLetters: 1 };
      },
      pause: async (target) => [target],
      resume: async () => [],
      paused: async () => ["Account/a/b"],
    },
    cluster: {
      inspect: async () => ({ reports: [], silent: ["w2"], timeoutMs: 2_000 }),
      inspectType: async (type) => {
        if (type === "Nobody") throw new UnknownTypeError("there is no such type");
        return { type, mailbox, reports: [], silent: [], timeoutMs: 2_000 };
      },
      inspectActor: async (address, { state } = {}) => ({
        address,
        mailbox,
        partition: 1,
        silent: [],
        timeoutMs: 2_000,
        ...(state && { state: address === "Account/a/b" ? { balance: 12n } : null }),
      }),
      inspectTransactions: async () => ({
        reports: [{ worker: "w1", at: 4_000, partitions: 8, holds: { items: [], more: 7 } }],
        ...{ silent: ["w2"], timeoutMs: 2_000 },
      }),
      describe: async () => ({
        view: { version: 3, members: [] },
        pools: [],
        paused: [],
        mailboxes: [
          {
            mailbox,
            types: ["Account"],
            placement: { version: 1, view: 3, owners: ["w1", undefined], since: [1, 1] },
            holders: [{ worker: "w1", fence: 5, remainingMs: 10 }, undefined],
          },
        ],
      }),
    },
    locks: {
      acquire: () => Promise.reject(),
      tryAcquire: () => Promise.reject(),
      withLock: () => Promise.reject(),
      list: async ({ prefix = "" } = {}) =>
        Array.from({ length: locks }, (_, number) => ({ ...lock, name: `${prefix}${number || ""}` })),
      break: async (name) => {
        broken.push(name);
        return name === "free" ? undefined : { name, ...lock.held };
      },
    },
    transactions: {
      outcome: () => Promise.reject(),
      list: async () => Array.from({ length: transactions }, () => transaction),
      show: async (id) => (id === "pay:1" ? transaction : undefined),
      resolve: async (id, outcome) => {
        if (id === "late:1") throw new ConflictError("transaction late:1 is committed already");
        resolved.push(`${outcome} ${id}`);
      },
    },
    reminders: {
      async *list(filter = {}) {
        filters.push(filter);
        for (let number = 0; number < Math.min(reminders, filter.limit ?? reminders); number++) yield renew;
      },
      cancel: async (address, name) => address === renew.address && name === renew.name,
    },
    dead: {
      async *list(filter = {}) {
        filters.push(filter);
        for (let number = 0; number < Math.min(letters, filter.limit ?? letters); number++) yield letter(`s:${number}`);
      },
      retry: async (filter, { dryRun = false } = {}) => {
        filters.push(filter, { dryRun });
        return { retried: 2, cannot: 1 };
      },
      drop: async (filter, { dryRun = false } = {}) => {
        filters.push(filter, { dryRun });
        return { dropped: 3 };
      },
    },
  } satisfies Partial<ActorSystem> as Partial<ActorSystem> as ActorSystem;
  return { system, erased, asked, filters, broken, resolved };
}

async function send(
  system: ActorSystem,
  method: string,
  path: string,
  init: { body?: string; headers?: Record<string, string> } = {},
) {
  const headers = { host: "localhost:7070", "content-type": "application/json", ...init.headers };
  const request = new Request(`http://localhost${path}`, { ...init, method, headers });
  const response = await opsRouter(system, options)(request);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const options: RouterOptions = {
  host: "127.0.0.1",
  token: undefined,
  baggage: false,
  metrics: { contentType: "text/plain; version=0.0.4", text: async () => "up 1\n" },
};

describe("the ops port", () => {
  it("is ready while the worker runs and every check is ok, and alive in any case", async () => {
    const cases: [Partial<SystemDescription>, number][] = [
      [{}, 200],
      [{ state: "starting" }, 503],
      [{ state: "draining" }, 503],
      [{ checks: { partitions: "3 of 16 are not owned" } }, 503],
    ];
    for (const [description, status] of cases) {
      const { system } = systemOf(description);
      expect(await send(system, "GET", "/readyz")).toMatchObject({
        status,
        body: { checks: { ...hosted.checks, ...description.checks } },
      });
      expect((await send(system, "GET", "/livez")).status).toBe(200);
      expect((await send(system, "GET", "/healthz")).status).toBe(200);
    }
  });

  it("shows probes and metrics to anybody, by GET and HEAD and no other method", async () => {
    const route = opsRouter(systemOf().system, { ...options, host: "0.0.0.0", token: "correct-horse" });
    const ask = (method: string, path: string) => route(new Request(`http://foreign.example${path}`, { method }));
    for (const path of ["/livez", "/healthz", "/readyz", "/metrics"]) {
      expect((await ask("GET", path)).status).toBe(200);
      expect((await ask("HEAD", path)).status).toBe(200);
      expect((await ask("POST", path)).status).toBe(404);
    }
    const page = await ask("GET", "/metrics");
    expect([page.headers.get("content-type"), await page.text()]).toEqual(["text/plain; version=0.0.4", "up 1\n"]);
  });

  it("P11: lets the baggage of calls go with them only where it is told to", async () => {
    const { system, asked } = systemOf();
    const headers = { traceparent: "00-aa-bb-01", baggage: "tenant=a", "content-type": "application/json" };
    for (const baggage of [false, true]) {
      const request = new Request("http://localhost/api/actors/Account/a/deposit", {
        method: "POST",
        body: "[1]",
        headers,
      });
      request.headers.set("host", "localhost");
      await opsRouter(system, { ...options, baggage })(request);
    }
    expect(asked.map(({ parent }) => parent)).toEqual([
      { traceparent: "00-aa-bb-01" },
      { traceparent: "00-aa-bb-01", baggage: "tenant=a" },
    ]);
  });

  it("lists the types of this worker with what they can be asked", async () => {
    const { system } = systemOf();
    const { types, workerId, transport } = hosted;
    expect(await send(system, "GET", "/api/actors")).toMatchObject({
      status: 200,
      body: { types, workerId, transport },
    });
  });

  it("shows the cluster as this process sees it, nobody as null", async () => {
    expect(await send(systemOf().system, "GET", "/api/cluster")).toMatchObject({
      status: 200,
      body: {
        namespace: "default",
        transport: "embedded",
        view: { version: 3 },
        mailboxes: [{ placement: { owners: ["w1", null] }, holders: [{ worker: "w1", fence: 5 }, null] }],
      },
    });
  });

  it("inspects the workers, a type and an actor, whose state it shows only on request and in wire form", async () => {
    const { system } = systemOf();
    expect((await send(system, "GET", "/api/inspect")).body).toMatchObject({
      workers: [{ id: "w1", state: "gone", held: 1, assigned: 1, share: 0.5 }],
      silent: ["w2"],
    });
    expect((await send(system, "GET", "/api/inspect/Account")).body).toMatchObject({ type: "Account", reports: [] });
    const shown = async (path: string) => (await send(system, "GET", `/api/inspect/Account/${path}`)).body;
    expect(await shown("a%2Fb")).toEqual({
      address: "Account/a/b",
      mailbox,
      partition: 1,
      silent: [],
      timeoutMs: 2_000,
    });
    expect(await shown("a%2Fb?state=0")).not.toHaveProperty("state");
    expect((await shown("a%2Fb?state=1")).state).toEqual({ balance: { $bigint: "12" } });
    expect((await shown("c?state=1")).state).toBeNull();
  });

  it("lists stored actors by prefix, at most 1,000 at once, and says when there are more", async () => {
    const few = await send(systemOf().system, "GET", "/api/actors/Account?prefix=a");
    expect(few.body).toMatchObject({
      actors: [{ address: "Account/a0" }, { address: "Account/a1" }, { address: "Account/a2" }],
      more: false,
    });
    expect((await send(systemOf({ stored: 1_000 }).system, "GET", "/api/actors/Account")).body.more).toBe(false);
    const many = await send(systemOf({ stored: 1_001 }).system, "GET", "/api/actors/Account");
    expect([(many.body.actors as unknown[]).length, many.body.more]).toEqual([1_000, true]);
  });

  it("shows the state of an actor in wire form, its key percent-encoded", async () => {
    const { status, body } = await send(systemOf().system, "GET", "/api/actors/Account/a%2Fb");
    expect([status, body]).toEqual([
      200,
      { address: "Account/a/b", state: { balance: { $bigint: "12" } }, at: expect.any(Number), reminders: [renew] },
    ]);
  });

  it("erases an actor and reports the dead letters that remain", async () => {
    const { system, erased } = systemOf();
    expect((await send(system, "DELETE", "/api/actors/Account/a%2Fb")).body).toEqual({
      address: "Account/a/b",
      deadLetters: 1,
    });
    expect(erased).toEqual(["Account/a/b"]);
  });

  it("pauses and resumes types and actors, and lists what is paused", async () => {
    const { system } = systemOf();
    expect((await send(system, "PUT", "/api/paused/Account")).body).toEqual({ paused: ["Account"] });
    expect((await send(system, "PUT", "/api/paused/Account/a%2Fb")).body).toEqual({ paused: ["Account/a/b"] });
    expect((await send(system, "DELETE", "/api/paused/Account")).body).toEqual({ paused: [] });
    expect((await send(system, "GET", "/api/paused")).body).toEqual({ paused: ["Account/a/b"] });
  });

  it("lists dead letters by filters without what they carry, and says when there are more", async () => {
    const { system, filters } = systemOf();
    const query = "type=Account&key=a&id=s:1&id=s:2&reason=x&older=1h&younger=2000&limit=1";
    const { body } = await send(system, "GET", `/api/dead?${query}`);
    expect(filters).toEqual([
      {
        type: "Account",
        key: "a",
        ids: ["s:1", "s:2"],
        reason: "x",
        olderThan: 3_600_000,
        youngerThan: 2_000,
        limit: 2,
      },
    ]);
    expect(body).toEqual({
      letters: [
        {
          id: "s:0",
          address: "Account/a",
          handler: "deposit",
          attempts: 5,
          at: 1_000,
          cause: { class: "HandlerError", name: "TypeError", code: "HANDLER_FAILED", message: "a bug" },
          retryable: true,
          traceId,
        },
      ],
      more: true,
    });
    const many = await send(systemOf({ letters: 1_001 }).system, "GET", "/api/dead?limit=5000");
    expect([(many.body.letters as unknown[]).length, many.body.more]).toEqual([1_000, true]);
  });

  it("shows all of a dead letter, with the id of the trace its message was part of", async () => {
    const { system, filters } = systemOf({ letters: 1 });
    expect((await send(system, "GET", "/api/dead/s%3A0?type=Account")).body).toEqual({
      letters: [{ ...letter("s:0"), traceId }],
    });
    expect(filters).toEqual([{ type: "Account", ids: ["s:0"] }]);
  });

  it("retries and drops dead letters, or only counts them", async () => {
    const { system, filters } = systemOf();
    expect((await send(system, "POST", "/api/dead/retry?key=a")).body).toEqual({ retried: 2, cannot: 1 });
    expect((await send(system, "POST", "/api/dead/drop?type=Account&dry-run")).body).toEqual({ dropped: 3 });
    expect(filters).toEqual([{ key: "a" }, { dryRun: false }, { type: "Account" }, { dryRun: true }]);
  });

  it("lists locks with the worker of each who holds or waits, and says when there are more", async () => {
    const report = {
      held: { ...lock.held, holders: [{ worker: "w1", ...lock.held.holders[0] }] },
      waiting: [{ worker: "w2", ...lock.waiting[0] }],
    };
    const { system } = systemOf();
    expect((await send(system, "GET", "/api/locks?prefix=r")).body).toEqual({
      locks: [{ name: "r", ...report }],
      more: false,
    });
    expect((await send(system, "GET", "/api/locks/report%3A1%2F2")).body).toEqual({ name: "report:1/2", ...report });
    const many = await send(systemOf({ locks: 1_001 }).system, "GET", "/api/locks");
    expect([(many.body.locks as unknown[]).length, many.body.more]).toEqual([1_000, true]);
    const none = await send(systemOf({ locks: 0 }).system, "GET", "/api/locks/free");
    expect(none.body).toEqual({ name: "free", waiting: [] });
  });

  it("breaks a lock by its whole name, and says what was held and who waits", async () => {
    const { system, broken } = systemOf();
    const { status, body } = await send(system, "DELETE", "/api/locks/report%3A1%2F2");
    expect([status, body]).toMatchObject([
      200,
      { name: "report:1/2", held: { fence: 17, holders: [{ worker: "w1" }] }, waiting: [{ worker: "w2" }] },
    ]);
    expect(broken).toEqual(["report:1/2"]);
  });

  it("lists transactions, how many more there are, and who did not say", async () => {
    expect((await send(systemOf().system, "GET", "/api/transactions")).body).toEqual({
      ...{ at: 4_000, transactions: [transaction], more: 7, silent: ["w2"] },
    });
    const { body } = await send(systemOf({ transactions: 1_003 }).system, "GET", "/api/transactions");
    expect([(body.transactions as unknown[]).length, body.more]).toEqual([1_000, 10]);
    expect((await send(systemOf().system, "GET", "/api/transactions/pay%3A1")).body).toEqual({
      ...{ at: 4_000, transaction, silent: ["w2"] },
    });
  });

  it("decides a transaction instead of its caller, and says what it held", async () => {
    const { system, resolved } = systemOf();
    expect((await send(system, "POST", "/api/transactions/pay%3A1/abort")).body).toEqual({
      ...{ id: "pay:1", outcome: "abort", held: transaction.held },
    });
    expect((await send(system, "POST", "/api/transactions/other%3A1/commit")).body).toEqual({
      ...{ id: "other:1", outcome: "commit", held: [] },
    });
    expect(resolved).toEqual(["abort pay:1", "commit other:1"]);
  });

  it("lists reminders of all, a type or an actor, those of some time, and says when there are more", async () => {
    const { system, filters } = systemOf({ reminders: 101 });
    const { body } = await send(system, "GET", "/api/reminders");
    expect(body).toEqual({ at: expect.any(Number), reminders: Array.from({ length: 100 }, () => renew), more: true });
    await send(system, "GET", "/api/reminders/Account?prefix=a&limit=7");
    const before = Date.now();
    expect((await send(system, "GET", "/api/reminders/Account/a%2Fb?within=1h")).body).toMatchObject({ more: true });
    expect(filters).toEqual([
      { prefix: "", limit: 101 },
      { type: "Account", prefix: "a", limit: 8 },
      { address: "Account/a/b", prefix: "", limit: 101, dueBefore: expect.any(Number) },
    ]);
    const { dueBefore } = filters[2] as { dueBefore: number };
    expect(dueBefore).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(dueBefore).toBeLessThan(before + 3_660_000);
    expect((await send(systemOf().system, "GET", "/api/reminders")).body).toMatchObject({ more: false });
  });

  it.each([
    ["limit=0", 'limit: "0" must be a whole number from 1 to 10000'],
    ["limit=10001", 'limit: "10001" must be a whole number from 1 to 10000'],
    ["within=soon", 'within: "soon" is no duration'],
  ])("lists no reminders for ?%s, and says what is wrong", async (query, message) => {
    const { status, body } = await send(systemOf().system, "GET", `/api/reminders?${query}`);
    expect([status, body]).toMatchObject([400, { error: { message: expect.stringContaining(message) } }]);
  });

  it("cancels a reminder by actor and name, percent-encoded, and says when there is none", async () => {
    const { system } = systemOf();
    const { status, body } = await send(system, "DELETE", "/api/reminders/Account/a%2Fb/renew%2F1");
    expect([status, body]).toEqual([200, { address: "Account/a/b", name: "renew/1", cancelled: true }]);
    const other = await send(system, "DELETE", "/api/reminders/Account/a%2Fb/renew");
    expect([other.status, other.body]).toMatchObject([
      404,
      { error: { code: "NO_REMINDER", message: 'Account/a/b has no reminder "renew"' } },
    ]);
  });

  it("calls a handler", async () => {
    const { body } = await send(systemOf().system, "POST", "/api/actors/Account/alice/deposit", { body: "[1]" });
    expect(body).toEqual({ address: "Account/alice", handler: "deposit", args: [1] });
  });

  it.each([
    ["GET", "/api/actors/Nobody", 404, "UNKNOWN_TYPE"],
    ["GET", "/api/actors/Account/nothing", 404, "NOTHING_STORED"],
    ["GET", "/api/actors/Account/%ff", 400, "INVALID_ADDRESS"],
    ["GET", "/api/actors/Account/alice/deposit", 405, "METHOD_NOT_ALLOWED"],
    ["PUT", "/api/actors/Account/alice", 404, "NO_ROUTE"],
    ["GET", "/api/inspect/Nobody", 404, "UNKNOWN_TYPE"],
    ["GET", "/api/inspect/Account/%ff", 400, "INVALID_ADDRESS"],
    ["GET", "/api/inspect/Account/a/b", 404, "NO_ROUTE"],
    ["GET", "/api/dead?older=soon", 400, "INVALID_ARGUMENTS"],
    ["DELETE", "/api/locks/free", 404, "NOT_HELD"],
    ["DELETE", "/api/locks", 404, "NO_ROUTE"],
    ["GET", "/api/transactions/gone%3A1", 404, "UNKNOWN_TRANSACTION"],
    ["POST", "/api/transactions/late%3A1/abort", 409, "CONFLICT"],
    ["POST", "/api/transactions/pay%3A1/undo", 404, "NO_ROUTE"],
    ["POST", "/api/dead/burn", 404, "NO_ROUTE"],
    ["PUT", "/api/paused/Account/%ff", 400, "INVALID_ADDRESS"],
    ["GET", "/api/nothing", 404, "NO_ROUTE"],
    ["GET", "/", 404, "NO_ROUTE"],
  ])("answers %s %s with %d %s", async (method, path, status, code) => {
    expect(await send(systemOf().system, method, path)).toMatchObject({ status, body: { error: { code } } });
  });

  it("guards all of /api, also paths that do not exist, and no probe", async () => {
    const { system } = systemOf();
    const foreign = { headers: { host: "evil.example" } };
    for (const path of [
      "/api",
      "/api/actors",
      "/api/actors/Account/a",
      "/api/dead",
      "/api/inspect",
      "/api/locks",
      "/api/paused",
      "/api/transactions",
      "/api/none",
    ]) {
      expect((await send(system, "GET", path, foreign)).status).toBe(403);
    }
    expect((await send(system, "GET", "/readyz", foreign)).status).toBe(200);
  });

  it("breaks no lock for a foreign page", async () => {
    const { system, broken } = systemOf();
    const headers = { origin: "http://evil.example" };
    expect((await send(system, "DELETE", "/api/locks/report", { headers })).status).toBe(403);
    expect(broken).toEqual([]);
  });

  it("decides no transaction for a foreign page", async () => {
    const { system, resolved } = systemOf();
    const headers = { origin: "http://evil.example" };
    expect((await send(system, "POST", "/api/transactions/pay%3A1/commit", { headers })).status).toBe(403);
    expect(resolved).toEqual([]);
  });
});
