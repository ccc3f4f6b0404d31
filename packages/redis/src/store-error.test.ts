import { ClosedError, ConfigError, StoreUnavailableError } from "@actor-runtime/core";
import { ReplyError } from "ioredis";
import { describe, expect, it } from "vitest";
import { storeError } from "./store-error.js";

const reply = (message: string): unknown => new ReplyError(message);

describe("what Redis answers", () => {
  it.each(["OOM", "MISCONF", "READONLY", "LOADING", "CLUSTERDOWN", "NOREPLICAS", "MASTERDOWN", "TRYAGAIN", "BUSY"])(
    "means not now: %s",
    (code) => {
      expect(storeError(reply(`${code} for some reason`))).toBeInstanceOf(StoreUnavailableError);
    },
  );

  it.each([
    "NOAUTH Authentication required.",
    "WRONGPASS invalid",
    "NOPERM no permissions",
    "ERR AUTH <password> called",
  ])("means that the user is wrong: %s", (message) => {
    expect(storeError(reply(message))).toBeInstanceOf(ConfigError);
  });

  it.each(["WRONGTYPE Operation against a key", "ERR user_script:1: nil"])("is a definite failure: %s", (message) => {
    const error = reply(message);
    expect(storeError(error)).toBe(error);
  });
});

describe("no answer", () => {
  it("means that nobody knows: send the same again", () => {
    for (const message of ["Connection is closed.", "Command timed out", "connect ECONNREFUSED"]) {
      expect(storeError(new Error(message))).toBeInstanceOf(StoreUnavailableError);
    }
  });

  it("is not claimed of mistakes here, nor of a connection that was closed on purpose", () => {
    const errors = [new TypeError("x is undefined"), new ClosedError("closed")];
    expect(errors.map(storeError)).toEqual(errors);
  });
});
