import { Writable } from "node:stream";
import { HandlerError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { pinoLog, prettyStream } from "./log.js";

const ids = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };

/** Keeps what is written. */
class Lines extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

describe("the log of a worker", () => {
  it("writes an error as an object with its class, message, stack, code and cause", () => {
    const lines = new Lines();
    const error = new HandlerError("a bug", "TypeError", { cause: new Error("deeper") });
    pinoLog("info", lines).error({ actor: "Account/a", handler: "deposit", err: error }, "it failed");
    expect(JSON.parse(lines.text)).toMatchObject({
      level: 50,
      msg: "it failed",
      actor: "Account/a",
      err: {
        type: "HandlerError",
        code: "HANDLER_FAILED",
        message: expect.stringContaining("a bug"),
        stack: expect.stringMatching(/log\.test\.ts[\s\S]*caused by: Error: deeper/),
      },
    });
  });

  it("writes nothing below its level", () => {
    const lines = new Lines();
    const log = pinoLog("warn", lines);
    log.info({}, "no");
    log.warn({}, "yes");
    expect(JSON.parse(lines.text)).toMatchObject({ msg: "yes" });
  });

  it("P11: shows the trace of a line in full as JSON, and the beginning of its id on a terminal", async () => {
    const json = new Lines();
    pinoLog("info", json).info(ids, "paid");
    expect(JSON.parse(json.text)).toMatchObject({ msg: "paid", ...ids });
    const pretty = new Lines();
    const log = pinoLog("info", await prettyStream(pretty));
    log.info({ actor: "Account/a", ...ids }, "paid");
    log.info({}, "ready");
    expect(pretty.text).toMatch(/INFO: paid trace=4bf92f3 \{"actor":"Account\/a"\}\n.*INFO: ready\n$/);
  });
});
