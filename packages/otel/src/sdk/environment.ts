import { ConfigError, type Logger } from "@actor-runtime/core";
import { exporterNames } from "../configured.js";

/** A token of HTTP, or nothing. */
const headerName = /^[\w!#$%&'*+.^`|~-]*$/;

/**
 * The `OTEL_*` variables. Empty is unset, and values that mean nothing are warned of and ignored, both as OpenTelemetry's
 * specification of them says; an endpoint that nothing can be sent to is an error.
 */
export class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #logger: Pick<Logger, "warn">;

  constructor(variables: Readonly<Record<string, string | undefined>>, logger: Pick<Logger, "warn">) {
    this.#variables = variables;
    this.#logger = logger;
  }

  text(name: string): string | undefined {
    return this.#variables[name]?.trim() || undefined;
  }

  /** Those names of a list that are known; `undefined`: it has none. */
  someOf<T extends string>(name: string, known: readonly T[]): readonly T[] | undefined {
    const names = exporterNames(this.#variables[name]).flatMap((text) => {
      const found = known.find((each) => each === text);
      if (found === undefined) this.#ignore(name, text, `a list of ${known.join(", ")}`);
      return found ?? [];
    });
    return names.length > 0 ? [...new Set(names)] : undefined;
  }

  number(name: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (number >= min && number <= max) return number;
    this.#ignore(name, text, `a number from ${min} to ${max}`);
    return undefined;
  }

  oneOf(name: string, known: readonly string[]): string | undefined {
    const text = this.text(name);
    if (text === undefined || known.includes(text)) return text;
    this.#ignore(name, text, `one of ${known.join(", ")}`);
    return undefined;
  }

  /** @throws ConfigError when it is set and is not a URL of http or https. */
  checkUrl(name: string): void {
    const text = this.text(name);
    if (text !== undefined && !/^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : "")) {
      // The text itself may hold a password.
      throw new ConfigError(`${name} is no URL of http or https: set one such as http://localhost:4318, or unset it`);
    }
  }

  /** @throws ConfigError when it is set and names headers that HTTP has not, which would be told, value and all, with every export. */
  checkHeaders(name: string): void {
    const names = (this.text(name) ?? "").split(",").flatMap((pair) => (pair.includes("=") ? pair.split("=", 1) : []));
    if (!names.every((header) => headerName.test(header.trim()))) {
      throw new ConfigError(`${name} is no list of headers: set it like api-key=value,tenant=value, or unset it`);
    }
  }

  #ignore(variable: string, value: string, expected: string): void {
    this.#logger.warn({ variable, value }, `${variable} is ignored: it should be ${expected}`);
  }
}
