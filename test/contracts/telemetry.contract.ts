import type { Telemetry } from "@actor-runtime/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

export interface TelemetryUnderTest {
  readonly port: Telemetry;
  dispose(): Promise<void>;
}

const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0[01]$/;

/** What all telemetry does, whoever listens: it never gets in the way, and traces hang together. */
export function telemetryContract(name: string, make: () => Promise<TelemetryUnderTest>): void {
  describe(`${name}: telemetry`, () => {
    let under: TelemetryUnderTest;
    let telemetry: Telemetry;

    beforeEach(async () => {
      under = await make();
      telemetry = under.port;
    });

    afterEach(() => under.dispose());

    it("runs a body inside a span and gives its result", async () => {
      const span = telemetry.span("turn", { kind: "internal" });
      expect(span.run(() => 42)).toBe(42);
      expect(await span.run(async () => "later")).toBe("later");
      span.end();
    });

    it("lets the errors of a body through", () => {
      const span = telemetry.span("turn", { kind: "internal" });
      const error = new Error("insufficient funds");
      expect(() =>
        span.run(() => {
          throw error;
        }),
      ).toThrow(error);
      span.fail(error);
    });

    it("takes events, attributes and links, and ends once", () => {
      const link = telemetry.span("send", { kind: "producer" });
      const span = telemetry.span("process", {
        kind: "consumer",
        links: [link.headers],
        attributes: { "actor.type": "Account", "actor.attempt": 1, "actor.redelivered": false },
      });
      span.event("parked", { position: 3 });
      span.event("started");
      span.set("actor.mailbox.wait_ms", 0.4);
      span.end();
      span.fail(new Error("too late to fail"));
      link.end();
    });

    it("P11: gives headers that tie a child to its parent, as far as anybody traces", () => {
      const parent = telemetry.span("ask", { kind: "client" });
      if (!telemetry.tracing) {
        expect(parent.headers).toEqual({});
        return;
      }
      const child = telemetry.span("process", { kind: "consumer", parent: parent.headers });
      const stranger = telemetry.span("ask", { kind: "client" });
      const [ofParent, ofChild, ofStranger] = [parent, child, stranger].map(({ headers }) =>
        traceparent.exec(headers["traceparent"]!),
      );
      expect(ofChild![1]).toBe(ofParent![1]);
      expect(ofChild![2]).not.toBe(ofParent![2]);
      expect(ofStranger![1]).not.toBe(ofParent![1]);
      for (const span of [child, parent, stranger]) span.end();
    });

    it("P11: makes a span the child of the one whose body runs, also after an await", async () => {
      const parent = telemetry.span("process", { kind: "consumer" });
      const [child, root] = await parent.run(async () => {
        await Promise.resolve();
        return [
          telemetry.span("ask", { kind: "client" }),
          telemetry.span("sweep", { kind: "internal", parent: "none" }),
        ];
      });
      if (telemetry.tracing) {
        expect(child.ids!.trace_id).toBe(parent.ids!.trace_id);
        expect(root.ids!.trace_id).not.toBe(parent.ids!.trace_id);
        expect(child.headers["traceparent"]).toContain(child.ids!.span_id);
      }
      for (const span of [child, root, parent]) span.end();
    });

    it("P11: passes on a sender's decision that its message is not traced", () => {
      const span = telemetry.span("process", { kind: "consumer", parent: {} });
      expect(span.run(() => telemetry.span("ask", { kind: "client" }))).toMatchObject({
        recording: false,
        headers: {},
        ids: undefined,
      });
      expect(telemetry.sampledOut).toMatchObject({ recording: false, headers: {}, ids: undefined });
      span.end();
    });

    it("counts and records without an answer", () => {
      telemetry.count("actor.dead_letters", 1);
      telemetry.count("actor.dead_letters", 2, { type: "Account" });
      telemetry.counter("actor.dead_letters", { type: "Account" })(1);
      telemetry.histogram("actor.turn.duration", { type: "Account", handler: "deposit" })(0.25);
    });

    it("reads levels until it is told to stop, and takes being told twice", () => {
      const stop = telemetry.observe("actor.activations", () => [{ value: 3, labels: { type: "Account" } }]);
      stop();
      stop();
    });
  });
}
