import {
  AskTimeoutError,
  DeadlockError,
  HandlerError,
  LockLostError,
  LockTimeoutError,
  OverloadedError,
  RejectedError,
  UnknownHandlerError,
} from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import type { UntypedCall } from "./actor-system.js";
import { callRoute } from "./call-route.js";

/** A system that remembers its calls and answers each by `reply`. */
function fakeSystem(reply: (call: UntypedCall) => unknown = () => undefined) {
  const asked: UntypedCall[] = [];
  const told: UntypedCall[] = [];
  return {
    asked,
    told,
    ask: async (call: UntypedCall) => {
      asked.push(call);
      return reply(call);
    },
    tell: async (call: UntypedCall) => void told.push(call),
  };
}

const allow = () => true;

function post(
  path: string,
  body: string | Uint8Array | ReadableStream = "[]",
  headers: Record<string, string> = {},
): Request {
  return new Request(`http://localhost/calls${path}`, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
}

async function errorOf(response: Response): Promise<Record<string, unknown>> {
  return ((await response.json()) as { error: Record<string, unknown> }).error;
}

describe("callRoute", () => {
  it("asks the actor in the path with the array in the body, and answers its reply", async () => {
    const system = fakeSystem(() => 100);
    const response = await callRoute(system, { allow })(post("/Account/alice/deposit", "[100]"));
    expect([response.status, await response.json()]).toEqual([200, 100]);
    expect(system.asked).toMatchObject([{ address: "Account/alice", handler: "deposit", args: [100] }]);
  });

  it("carries values that JSON lacks both ways, in wire form", async () => {
    const system = fakeSystem(() => 12n);
    const date = "2026-01-02T03:04:05.000Z";
    const response = await callRoute(system, { allow })(post("/Account/alice/at", JSON.stringify([{ $date: date }])));
    expect(await response.json()).toEqual({ $bigint: "12" });
    expect(system.asked[0]?.args).toEqual([new Date(date)]);
  });

  it("answers 204 when the reply is undefined, which is not null", async () => {
    expect((await callRoute(fakeSystem(), { allow })(post("/A/b/c"))).status).toBe(204);
    const nothing = await callRoute(
      fakeSystem(() => null),
      { allow },
    )(post("/A/b/c"));
    expect([nothing.status, await nothing.text()]).toEqual([200, "null"]);
  });

  it("tells with ?tell and answers 202", async () => {
    const system = fakeSystem();
    expect((await callRoute(system, { allow })(post("/Account/alice/deposit?tell", "[5]"))).status).toBe(202);
    expect(system.told).toMatchObject([{ address: "Account/alice", args: [5] }]);
    expect(system.asked).toEqual([]);
  });

  it("decodes keys with slashes and other letters", async () => {
    const system = fakeSystem();
    await callRoute(system, { allow })(post(`/Account/${encodeURIComponent("a/b ü?#%")}/deposit`));
    expect(system.asked[0]?.address).toBe("Account/a/b ü?#%");
  });

  it("passes timeout and idempotency key on, and nothing else of the request", async () => {
    const system = fakeSystem();
    const headers = { "actor-timeout": "2s", "idempotency-key": "order-17", cookie: "secret" };
    await callRoute(system, { allow })(post("/A/b/c", "[]", headers));
    expect(system.asked).toMatchObject([{ timeout: 2_000, idempotencyKey: "order-17" }]);
    expect(JSON.stringify(system.asked)).not.toContain("secret");
    expect(system.asked[0]).not.toHaveProperty("headers");
    expect(system.asked[0]).not.toHaveProperty("parent");
  });

  it("P11: makes the call a part of the caller's trace; baggage goes with it only where the program wants that", async () => {
    const system = fakeSystem();
    const trace = { traceparent: "00-aa-bb-01", tracestate: "vendor=1" };
    await callRoute(system, { allow })(post("/A/b/c", "[]", { ...trace, baggage: "tenant=a" }));
    await callRoute(system, { allow, baggage: true })(post("/A/b/c?tell", "[]", { ...trace, baggage: "tenant=a" }));
    expect([...system.asked, ...system.told].map(({ parent }) => parent)).toEqual([
      trace,
      { ...trace, baggage: "tenant=a" },
    ]);
  });

  it("P11: answers which trace a call is part of, also a failed one, and nothing where it is not traced", async () => {
    const ids = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
    const traced = fakeSystem((call) => call.traced?.(ids));
    const failed = fakeSystem((call) => {
      call.traced?.(ids);
      throw new RejectedError("no");
    });
    const header = async (system: ReturnType<typeof fakeSystem>) =>
      (await callRoute(system, { allow })(post("/A/b/c"))).headers.get("traceresponse");
    expect(await header(traced)).toBe(`00-${ids.trace_id}-${ids.span_id}-01`);
    expect(await header(failed)).toBe(`00-${ids.trace_id}-${ids.span_id}-01`);
    expect(await header(fakeSystem())).toBeNull();
  });

  it("withdraws the call when the request is aborted", async () => {
    const system = fakeSystem();
    const client = new AbortController();
    await callRoute(system, { allow })(new Request(post("/A/b/c"), { signal: client.signal }));
    client.abort();
    expect(system.asked[0]?.signal?.aborted).toBe(true);
  });

  it("refuses what allow does not let through, before it reads the body", async () => {
    const system = fakeSystem();
    const request = post("/Account/alice/withdraw", "not JSON");
    const seen: unknown[] = [];
    const refuse = (...args: unknown[]) => {
      seen.push(...args);
      return false;
    };
    const response = await callRoute(system, { allow: refuse })(request);
    expect([response.status, (await errorOf(response)).code]).toEqual([403, "FORBIDDEN"]);
    expect(seen).toEqual(["Account", "withdraw", request]);
    expect(request.bodyUsed).toBe(false);
    expect(system.asked).toEqual([]);
  });

  it.each([
    ["no JSON", () => post("/A/b/c", '{"a":'), 400, "INVALID_ARGUMENTS"],
    ["JSON that is no array", () => post("/A/b/c", '{"amount":100}'), 400, "INVALID_ARGUMENTS"],
    [
      "bytes that are no UTF-8",
      () => post("/A/b/c", new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d])),
      400,
      "INVALID_ARGUMENTS",
    ],
    ["an unknown tag of the wire form", () => post("/A/b/c", '[{"$nonsense":1}]'), 400, "INVALID_ARGUMENTS"],
    [
      "another content type",
      () => post("/A/b/c", "[]", { "content-type": "text/plain" }),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
    ["a body over 1 MiB", () => post("/A/b/c", `["${"x".repeat(1024 * 1024)}"]`), 413, "TOO_LARGE"],
    ["a method other than POST", () => new Request("http://localhost/A/b/c"), 405, "METHOD_NOT_ALLOWED"],
    ["a path that is too short", () => new Request("http://localhost/c", { method: "POST" }), 400, "INVALID_ADDRESS"],
    ["a key that is not percent-encoded UTF-8", () => post("/A/%ff/c"), 400, "INVALID_ADDRESS"],
    ["an empty key", () => post("/A//c"), 400, "INVALID_ADDRESS"],
    ["a key over 256 bytes", () => post(`/A/${"k".repeat(257)}/c`), 400, "INVALID_ADDRESS"],
    ["a type that is no name", () => post("/A%20B/b/c"), 400, "INVALID_ADDRESS"],
    [
      "a timeout that is no duration",
      () => post("/A/b/c", "[]", { "actor-timeout": "soon" }),
      400,
      "INVALID_ARGUMENTS",
    ],
  ])("P13: answers %s with a typed error and calls nobody", async (_, request, status, code) => {
    const system = fakeSystem();
    const response = await callRoute(system, { allow })(request());
    expect([response.status, (await errorOf(response)).code]).toEqual([status, code]);
    expect(system.asked).toEqual([]);
  });

  it.each([
    [new UnknownHandlerError("no such handler"), 404],
    [new DeadlockError(["A/a", "B/b", "A/a"]), 409],
    [new LockLostError("its lease ended", "none"), 409],
    [new RejectedError("no"), 422],
    [new HandlerError("oops", "TypeError"), 500],
    [new OverloadedError("full", "actor", 1_500), 503],
    [new AskTimeoutError("no answer"), 504],
    [new LockTimeoutError("somebody else holds it"), 504],
  ])("answers a failed call with the status of its class: %s", async (error, status) => {
    const system = fakeSystem(() => {
      throw error;
    });
    const response = await callRoute(system, { allow })(post("/A/b/c"));
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBe(error instanceof OverloadedError ? "2" : null);
    const body = await errorOf(response);
    expect(body).toMatchObject({
      class: error.name,
      code: error.code,
      effect: error.effect,
      retryable: error.retryable,
    });
    expect(body).not.toHaveProperty("stack");
    expect(body).not.toHaveProperty("cause");
  });

  it("answers a user's own error under the class it extends, with its name, code and data", async () => {
    class InsufficientFundsError extends RejectedError {}
    const system = fakeSystem(() => {
      throw new InsufficientFundsError("insufficient funds", { code: "INSUFFICIENT_FUNDS", data: { missing: 20 } });
    });
    const response = await callRoute(system, { allow })(post("/A/b/c"));
    expect([response.status, await errorOf(response)]).toEqual([
      422,
      expect.objectContaining({
        class: "RejectedError",
        name: "InsufficientFundsError",
        code: "INSUFFICIENT_FUNDS",
        data: { missing: 20 },
      }),
    ]);
  });
});
