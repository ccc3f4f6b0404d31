import { UsageError } from "../exit.js";

/** A request to a worker's `/api`, whoever answers it. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/api`, not encoded. */
  readonly path: readonly string[];
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
  /** The trace it was part of. */
  readonly traceId: string | undefined;
}

/** Carries requests to somebody who answers them. Rejects with UnreachableError when nobody does. */
export interface Transport extends AsyncDisposable {
  /** For messages. */
  readonly where: string;
  send(request: ApiRequest): Promise<ApiAnswer>;
}

/** `/api/actors/Account/alice` @throws UsageError when a part is `.` or `..`, which every URL takes for a step */
export function apiPath(path: readonly string[]): string {
  const dots = path.find((part) => part === "." || part === "..");
  if (dots) throw new UsageError(`"${dots}" cannot stand in a URL: do this from a program`);
  return `/api${path.map((part) => `/${encodeURIComponent(part)}`).join("")}`;
}
