import { type Context, ROOT_CONTEXT, type Span, trace } from "@opentelemetry/api";

/** Under which key the API keeps the span of a context. */
const spanKey = keyOf((context) => void trace.getSpan(context));

/** A context with another span, as `trace.setSpan` makes it, but without a copy of the map that all others have. */
export class ContextWithSpan implements Context {
  readonly #base: Context;
  readonly #span: Span;

  constructor(base: Context, span: Span) {
    this.#base = base instanceof ContextWithSpan ? base.#base : base;
    this.#span = span;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#span : this.#base.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#copy.setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#copy.deleteValue(key);
  }

  get #copy(): Context {
    return trace.setSpan(this.#base, this.#span);
  }
}

/** The key that is read. */
function keyOf(read: (context: Context) => void): symbol | undefined {
  let found: symbol | undefined;
  read({
    getValue: (key) => void (found = key),
    setValue: () => ROOT_CONTEXT,
    deleteValue: () => ROOT_CONTEXT,
  });
  return found;
}
