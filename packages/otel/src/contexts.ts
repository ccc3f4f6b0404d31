import type { ContextManager } from "@opentelemetry/api";

/** What is needed of a context manager; the API's global one has it too. */
export type Contexts = Pick<ContextManager, "active" | "with">;
