import { setImmediate as nextLoop } from "node:timers/promises";
import { ROOT_CONTEXT } from "@opentelemetry/api";
import { type ExportResult, ExportResultCode, isTracingSuppressed } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { describe, expect, it, vi } from "vitest";
import { LazyContexts } from "./lazy-contexts.js";
import { ListExporter } from "./span-batch.js";
import { SpanQueue, type SpanQueueOptions } from "./span-queue.js";

const success: ExportResult = { code: ExportResultCode.SUCCESS };
const failure: ExportResult = { code: ExportResultCode.FAILED, error: new Error("connect ECONNREFUSED") };

/** An exporter that answers when told to, unless it answers at once. */
function queue(options: Partial<SpanQueueOptions> & { readonly answer?: () => ExportResult } = {}) {
  const batches: number[] = [];
  const logged: [string, object][] = [];
  let pending: ((result: ExportResult) => void) | undefined;
  const exporter: SpanExporter = {
    export: (spans, done) => {
      batches.push(spans.length);
      if (options.answer) done(options.answer());
      else pending = done;
    },
    shutdown: async () => {},
  };
  const spans = new SpanQueue({
    exporter: new ListExporter(exporter),
    contexts: new LazyContexts(),
    logger: {
      warn: (fields, line) => void logged.push([line, fields]),
      info: (fields, line) => void logged.push([line, fields]),
    },
    maxSpans: 10,
    batchSpans: 4,
    maxExports: 1,
    delayMs: 1_000,
    timeoutMs: 30_000,
    ...options,
  });
  return {
    spans,
    batches,
    logged,
    end: (count: number, traceFlags = 1) => {
      for (let i = 0; i < count; i++) {
        const spanContext = () => ({ traceId: "1".repeat(32), spanId: "1".repeat(16), traceFlags });
        spans.onEnd({ spanContext } as ReadableSpan);
      }
    },
    answer: async (result: ExportResult) => {
      pending?.(result);
      await nextLoop();
    },
  };
}

describe("The queue of ended spans", () => {
  it("exports full batches at once, as many as may be under way", () => {
    const { end, batches } = queue({ maxExports: 2 });
    end(9);
    expect(batches).toEqual([4, 4]);
    end(4);
    expect(batches).toEqual([4, 4]);
  });

  it("exports the next batch when one is done, once it is full", async () => {
    const { end, batches, answer } = queue();
    end(9);
    expect(batches).toEqual([4]);
    await answer(success);
    expect(batches).toEqual([4, 4]);
    await answer(success);
    expect(batches).toEqual([4, 4]);
  });

  it("exports a lone span after the delay", async () => {
    vi.useFakeTimers();
    try {
      const { end, batches } = queue({ answer: () => success });
      end(1);
      await vi.advanceTimersByTimeAsync(999);
      expect(batches).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(batches).toEqual([1]);
      end(1);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(batches).toEqual([1, 1]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("P12: kept a batch for each moment's few spans while its exporter did not answer", async () => {
    vi.useFakeTimers();
    try {
      const { end, batches, answer } = queue({ maxSpans: 100, batchSpans: 50 });
      for (let moment = 0; moment < 20; moment++) {
        end(1);
        await vi.advanceTimersByTimeAsync(1_000);
      }
      expect(batches).toEqual([1]);
      await Promise.all([answer(success), vi.advanceTimersByTimeAsync(1_000)]);
      expect(batches).toEqual([1, 19]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("takes no span that is not sampled", async () => {
    const { end, spans, batches } = queue({ answer: () => success });
    end(3, 0);
    await spans.forceFlush();
    expect(batches).toEqual([]);
  });

  it("P12: loses what exceeds its bound, and says so once, with the number in the end", async () => {
    const { end, spans, logged, answer, batches } = queue();
    end(4);
    end(13);
    expect(logged).toEqual([["spans are lost", { cause: "they end faster than they can be exported" }]]);
    const ended = spans.shutdown();
    for (let count = 0; count < 4; count++) await answer(success);
    await ended;
    expect(batches).toEqual([4, 4, 4, 2]);
    expect(logged.slice(1)).toEqual([["spans were lost", { lost: 3 }]]);
  });

  it("logs one outage once, and its end once, whatever the number of batches", async () => {
    vi.useFakeTimers();
    try {
      let result = failure;
      const { end, spans, logged } = queue({ answer: () => result });
      for (let batch = 0; batch < 5; batch++) {
        end(4);
        await spans.forceFlush();
      }
      result = success;
      end(4);
      await spans.forceFlush();
      expect(logged).toEqual([["spans are lost", { cause: "connect ECONNREFUSED" }]]);
      vi.advanceTimersByTime(10_000);
      end(4);
      await spans.forceFlush();
      expect(logged.slice(1)).toEqual([["spans are exported again", { lost: 20 }]]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("goes on when an exporter throws or never answers", async () => {
    vi.useFakeTimers();
    try {
      let calls = 0;
      const { end, logged, batches } = queue({
        answer: () => {
          calls++;
          throw new Error("broken");
        },
      });
      end(4);
      await vi.advanceTimersByTimeAsync(0);
      end(4);
      await vi.advanceTimersByTimeAsync(0);
      expect([calls, batches, logged.length]).toEqual([2, [4, 4], 1]);

      const silent = queue();
      silent.end(8);
      expect(silent.batches).toEqual([4]);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(silent.batches).toEqual([4, 4]);
      expect(silent.logged).toEqual([["spans are lost", { cause: "no answer within 30000 ms" }]]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("exports with tracing suppressed, or each export would make the spans of the next", async () => {
    const contexts = new LazyContexts();
    const suppressed: boolean[] = [];
    const { spans, end } = queue({
      contexts,
      answer: () => {
        suppressed.push(isTracingSuppressed(contexts.active()));
        return success;
      },
    });
    contexts.with(ROOT_CONTEXT, () => {});
    end(1);
    await spans.forceFlush();
    expect(suppressed).toEqual([true]);
  });

  it("enters no context where nobody else does, for from then on every promise of the process costs more", async () => {
    const contexts = new LazyContexts();
    const { spans, end } = queue({ contexts, answer: () => success });
    end(1);
    await spans.forceFlush();
    expect(contexts.entered).toBe(false);
  });

  it("takes nothing after its shutdown", async () => {
    const { spans, end, batches } = queue({ answer: () => success });
    end(1);
    await spans.shutdown();
    end(5);
    await spans.forceFlush();
    expect(batches).toEqual([1]);
  });

  it("knew not how many spans were lost, where it had to end before its exporter did", async () => {
    const { spans, end, answer, batches } = queue();
    end(12);
    await answer(failure);
    expect(batches).toEqual([4, 4]);
    void spans.shutdown();
    expect(spans.missing).toBe(12);
  });
});
