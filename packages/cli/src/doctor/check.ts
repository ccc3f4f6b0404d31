import type { Settings } from "../config/settings.js";

export interface Check {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly finding: string;
  /** What to do; always there unless the status is ok. */
  readonly fix?: string;
}

/** What the checks look at beside the machine. */
export type Surroundings = Pick<Settings, "amqpUrl" | "redisUrl" | "host" | "port" | "decorators">;
