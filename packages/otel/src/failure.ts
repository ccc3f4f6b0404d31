import { attributes } from "@actor-runtime/core";
import { type Span, SpanStatusCode } from "@opentelemetry/api";

/** The span tells which error it ends with. */
export function tellFailure(span: Span, error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new NotAnError(error);
  span.setAttribute(attributes.errorType, name);
  // Not the error itself: its code would take the place of its class.
  span.recordException(stack === undefined ? { name, message } : { name, message, stack });
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** What was thrown instead of an error; `_OTHER` is OpenTelemetry's word for it. */
class NotAnError {
  readonly name = "_OTHER";
  readonly message: string;
  readonly stack = undefined;

  constructor(thrown: unknown) {
    this.message = typeof thrown === "string" ? thrown : `thrown: ${typeof thrown}`;
  }
}
