import type { SystemDescription } from "@actor-runtime/runtime";

/** A process that can answer at all is alive; whether its services are is no reason to kill it. */
export function livez(): Response {
  return Response.json({ status: "ok" });
}

/** The state of every instrument, as text of one format. */
export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

/** What Prometheus scrapes. */
export async function metrics(page: MetricsPage): Promise<Response> {
  return new Response(await page.text(), { headers: { "content-type": page.contentType } });
}

/** 200 only while the worker takes work and every check is ok; a rollout waits for it. */
export function readyz({ state, checks }: Pick<SystemDescription, "state" | "checks">): Response {
  const ready = state === "running" && Object.values(checks).every((check) => check === "ok");
  return Response.json({ status: ready ? "ready" : "not ready", state, checks }, { status: ready ? 200 : 503 });
}
