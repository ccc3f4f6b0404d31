import type { ActorError } from "@actor-runtime/core";
import type { Settings } from "../config/settings.js";
import type { ServiceSettings } from "../services.js";

export interface Check {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly finding: string;
  /** What to do; always there unless the status is ok. */
  readonly fix?: string;
}

/** What the checks look at beside the machine. */
export type Surroundings = ServiceSettings & Pick<Settings, "host" | "port" | "decorators">;

/** A check that ended with an error of ours, whose message ends with the fix. */
export function failed(name: string, { message }: ActorError): Check {
  const at = message.lastIndexOf(": ");
  return { name, status: "fail", finding: message.slice(0, at), fix: message.slice(at + 2) };
}
