import type { Settings } from "../config/settings.js";
import { lockSettings, serviceSettings } from "../services.js";

/** What `start` and `dev` can be told. */
export const workerSettings = [
  ...serviceSettings,
  ...lockSettings,
  "lease",
  "limits",
  "workerId",
  "weight",
  "build",
  "host",
  "port",
  "token",
  "only",
  "except",
  "drainTimeout",
  "readyFile",
  "logLevel",
  "logFormat",
  "otel",
  "traceCorrelation",
  "traceKeys",
  "trustBaggage",
  "watchdog",
  "checkQueries",
  "decorators",
] as const;
export type WorkerSettings = Pick<Settings, (typeof workerSettings)[number]>;
