import { describe, expect, it } from "vitest";
import { isLoopback, refusalOf } from "./security.js";

const local = { host: "127.0.0.1", token: undefined };
const guarded = { host: "0.0.0.0", token: "correct horse" };

describe("the ops port's /api", () => {
  it.each(["127.0.0.1:7070", "localhost:7070", "[::1]:7070", "127.8.8.8", "LOCALHOST"])(
    "lets programs of this machine in without a token, as %s",
    (host) => {
      expect(refusalOf(local, { host })).toBeUndefined();
    },
  );

  it("lets a page of its own origin in", () => {
    expect(refusalOf(local, { host: "localhost:7070", origin: "http://localhost:7070" })).toBeUndefined();
  });

  it.each(["http://evil.example", "null", "http://localhost:3000", "https://localhost:7070"])(
    "refuses a browser that a page of %s drives",
    (origin) => {
      expect(refusalOf(local, { host: "localhost:7070", origin })).toMatchObject({
        status: 403,
        code: "FOREIGN_ORIGIN",
      });
    },
  );

  it.each(["evil.example:7070", "127.0.0.1.evil.example", undefined])(
    "refuses a name that was re-bound to this machine: %s",
    (host) => {
      expect(refusalOf(local, { host })).toMatchObject({ status: 403, code: "FOREIGN_HOST" });
    },
  );

  it("asks for the token wherever one is set, on loopback too", () => {
    const credentials = { host: "worker.example", authorization: "Bearer correct horse" };
    expect(refusalOf(guarded, credentials)).toBeUndefined();
    expect(refusalOf({ ...guarded, host: "127.0.0.1" }, { host: "localhost" })).toMatchObject({ status: 401 });
    for (const authorization of [
      undefined,
      "",
      "correct horse",
      "Bearer wrong",
      "Bearer correct horses",
      "Basic correct horse",
    ]) {
      expect(refusalOf(guarded, { ...credentials, authorization })).toMatchObject({
        status: 401,
        code: "UNAUTHORIZED",
      });
    }
  });

  it("refuses everybody off loopback while no token is set, and says how to set one", () => {
    const refusal = refusalOf({ host: "0.0.0.0", token: undefined }, { host: "localhost", authorization: "Bearer x" });
    expect(refusal).toMatchObject({
      status: 403,
      code: "TOKEN_REQUIRED",
      message: expect.stringContaining("ACTOR_TOKEN"),
    });
  });

  it("knows loopback addresses from others", () => {
    expect(["127.0.0.1", "127.255.0.1", "localhost", "::1"].every(isLoopback)).toBe(true);
    expect(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "128.0.0.1", ""].some(isLoopback)).toBe(false);
  });
});
