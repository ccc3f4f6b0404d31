import { isConfigured } from "@actor-runtime/otel/configured";
import type { ConnectOptions } from "actor-runtime";

const flushMs = 30_000;
const report = (fields: object, line: string) => console.error(line, JSON.stringify(fields));
const logger = { debug: () => {}, info: () => {}, warn: report, error: report };

/** How this process connects, and how it ends what tells of it. */
export interface Traced {
  readonly options: ConnectOptions;
  /** Sends the spans that are left. */
  end(): Promise<void>;
}

/** Traces if the environment asks for it, as `actor-runtime start` does. */
export async function traced(workerId: string): Promise<Traced> {
  if (!isConfigured(process.env)) return { options: {}, end: async () => {} };
  const { startSdk } = await import("@actor-runtime/otel/sdk");
  const sdk = await startSdk({ workerId, logger });
  return { options: { telemetry: sdk.telemetry }, end: () => sdk.shutdown(flushMs) };
}
