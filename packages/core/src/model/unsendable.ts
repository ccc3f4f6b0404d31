import { NotSendableError } from "./errors.js";

const longestPath = 300;

const hints = new Map([
  ["Promise", "did you forget await?"],
  ["ArrayBuffer", "send new Uint8Array(buffer)"],
  ["Number", "send the primitive"],
  ["String", "send the primitive"],
  ["Boolean", "send the primitive"],
  ["RegExp", "send its source and flags"],
  ["URL", "send its href"],
]);

/**
 * What an encoding walk throws. It gathers the way from the culprit up to the root while it unwinds, so the walk itself
 * builds no paths and remembers no ancestors.
 */
export class Unsendable extends Error {
  readonly #deep: boolean;
  /** Innermost first. */
  readonly #way: { readonly container: object; readonly segment: string }[] = [];

  constructor(reason: string, deep = false) {
    super(reason);
    this.#deep = deep;
  }

  /** Adds one step of the way; an error of another kind comes from a getter or a proxy. */
  static at(error: unknown, container: object, segment: string): Unsendable {
    const found = error instanceof Unsendable ? error : new Unsendable(`cannot be read: ${textOf(error)}`);
    found.#way.push({ container, segment });
    return found;
  }

  /** The error for the user; `root` names the value that was to travel, for example `args`. */
  static toError(error: unknown, root: string): NotSendableError {
    const found = error instanceof Unsendable ? error : new Unsendable(`cannot be read: ${textOf(error)}`);
    const steps = found.#way.toReversed();
    const segments = steps.map((step) => step.segment);
    const path = (length: number) => shorten(root + segments.slice(0, length).join(""));
    if (found.#deep) {
      const seen = new Map<object, number>();
      for (const [index, { container }] of steps.entries()) {
        const first = seen.get(container);
        if (first !== undefined) {
          return notSendable(path(index), `leads back to ${path(first)}; a cycle cannot travel, send keys instead`);
        }
        seen.set(container, index);
      }
    }
    return notSendable(path(steps.length), found.message);
  }
}

/** Why this value cannot travel and what to do instead. */
export function reasonFor(value: unknown, className: string): string {
  if (typeof value === "function") return "a function cannot travel; send data that says what to do";
  if (typeof value === "symbol") return "a symbol cannot travel; send a string";
  if (className === "" || className === "Object") {
    return "an object with a prototype of its own cannot travel; send plain data";
  }
  const article = /^[AEIO]/.test(className) ? "an" : "a";
  const hint = hints.get(className);
  if (hint !== undefined) return `${article} ${className} cannot travel; ${hint}`;
  return `an instance of ${className} cannot travel; send plain data`;
}

/** `.price`, or `["unit price"]` where the key is no identifier. */
export function keySegment(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function notSendable(path: string, reason: string): NotSendableError {
  return new NotSendableError(`${path}: ${reason}`, { data: { path } });
}

function shorten(path: string): string {
  return path.length <= longestPath ? path : `${path.slice(0, longestPath / 2)}…${path.slice(-longestPath / 2)}`;
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "it threw something that cannot be printed";
  }
}
