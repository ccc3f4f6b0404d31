import { ConfigError, HandlerError, OverloadedError, RejectedError, StoreUnavailableError } from "@actor-runtime/core";
import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { endingOf, TracedError, UnreachableError, UsageError } from "./exit.js";

describe("a failed command", () => {
  it.each([
    [new UsageError("wrong"), 2, "error: wrong"],
    [new ConfigError("--port is wrong"), 78, "error: --port is wrong"],
    [new UnreachableError("nobody there", "none"), 69, "error: nobody there"],
    [new StoreUnavailableError("no answer"), 69, "StoreUnavailableError [STORE_UNAVAILABLE]: no answer"],
    [
      new RejectedError("insufficient funds", { code: "INSUFFICIENT_FUNDS" }),
      1,
      "RejectedError [INSUFFICIENT_FUNDS]: insufficient funds",
    ],
    [
      new HandlerError("x is no function", "TypeError"),
      1,
      "HandlerError [HANDLER_FAILED]: TypeError: x is no function",
    ],
    [new OverloadedError("full", "actor", 10), 1, "OverloadedError [OVERLOADED]: full"],
    [Object.assign(new SyntaxError("a.ts:1:2: oops"), { code: "ACTOR_SYNTAX" }), 78, "error: a.ts:1:2: oops"],
  ])("ends with one line and its exit code: %s", (error, code, text) => {
    expect(endingOf(error)).toEqual({ code, text });
  });

  it("P11: ends as its error does and says under which trace it can be looked up", () => {
    const error = new TracedError(new RejectedError("no", { code: "NO" }), {
      traceId: "4bf9",
      traceUrl: "http://j/4bf9",
    });
    expect(endingOf(error)).toEqual({ code: 1, text: "RejectedError [NO]: no\ntrace: http://j/4bf9" });
    expect(JSON.parse(endingOf(error, true).text)).toMatchObject({
      error: { class: "RejectedError", code: "NO" },
      traceId: "4bf9",
      traceUrl: "http://j/4bf9",
    });
  });

  it("shows the stack of what is nobody's mistake but ours", () => {
    const { code, text } = endingOf(new TypeError("oops"));
    expect(code).toBe(1);
    expect(text).toContain("exit.test.ts");
  });

  it("leaves commander's own message alone; help and version are no failures", () => {
    expect(endingOf(new CommanderError(1, "commander.unknownOption", "unknown option"))).toEqual({ code: 2, text: "" });
    expect(endingOf(new CommanderError(0, "commander.helpDisplayed", "help"))).toEqual({ code: 0, text: "" });
  });

  it("prints its error as JSON with --json, without a stack", () => {
    const { text } = endingOf(new RejectedError("no", { code: "NO", data: { missing: 1 } }), true);
    const { error } = JSON.parse(text);
    expect(error).toMatchObject({ class: "RejectedError", code: "NO", message: "no", data: { missing: 1 } });
    expect(error).not.toHaveProperty("stack");
  });
});
