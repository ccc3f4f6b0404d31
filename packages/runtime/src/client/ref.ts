import { ConfigError, type Destination, formatAddress, UnknownHandlerError } from "@actor-runtime/core";
import type { AnyActor, MethodDefinition } from "../definition/actor-definition.js";
import { isReservedName } from "../definition/reserved-names.js";
import type { Balance } from "../definition/stateless-options.js";
import { unknownHandler } from "../definition/unknown-handler.js";
import { isSystemHandler } from "../system-handlers.js";
import { type NormalCallOptions, normalCallOptions, type RefOptions } from "./call-options.js";
import { type CallTarget, callTarget } from "./call-target.js";
import { keyMissing, keyUnwanted, poolKey } from "./stateless-target.js";

/** What is known of a type beyond its name where its class is at hand. */
export interface KnownType {
  readonly type: AnyActor;
  readonly methods: ReadonlyMap<string, MethodDefinition>;
  readonly replyRetentionMs: number;
  readonly mailbox: { readonly name: string };
  /** How the calls of a stateless type are spread; absent: it is a type of actors. */
  readonly balance?: Balance;
}

/** The actor a reference stands for. */
export interface Target {
  readonly type: string;
  readonly key: string;
  readonly address: string;
  readonly known: KnownType | undefined;
  /** `false`: the reference was made without a key, so it can only stand for a stateless type. */
  readonly keyed: boolean;
}

/** One method of one actor. */
export interface BoundMethod extends CallTarget {
  readonly target: Target;
  /** Remembered once it is known: neither key nor partition count changes while a process runs. */
  destination: Destination | undefined;
}

/** Who carries out the calls of a reference: the system from outside, or the turn of an actor. May throw. */
export interface Caller {
  ask(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions): Promise<unknown>;
  tell(method: BoundMethod, args: readonly unknown[], options: NormalCallOptions): unknown;
  /** How a tell fails that cannot even begin: it rejects outside, and throws in a turn. */
  refuseTell(error: unknown): unknown;
}

const noOptions: RefOptions = {};

// A registered symbol: references of another copy of this package are known, too.
const behind = Symbol.for("actor-runtime.ref");

/** @throws InvalidAddressError when the key is empty or over its bound, missing for an actor, or given for a stateless type */
export function targetOf(type: string, key: string | undefined, known: KnownType | undefined): Target {
  if (known !== undefined) {
    if (known.balance === undefined && key === undefined) throw keyMissing(type);
    if (known.balance !== undefined && key !== undefined && key !== poolKey) throw keyUnwanted(type);
  }
  return { type, key: key ?? poolKey, address: formatAddress(type, key ?? poolKey), known, keyed: key !== undefined };
}

/** Makes a typed reference: `ref.method(…)` asks, `ref.tell.method(…)` tells, `ref.with(options)` calls with options. */
export function makeRef(caller: Caller, target: Target, options: RefOptions = noOptions): object {
  return new Proxy(new ActorRef(caller, target, options, false), askTraps);
}

/**
 * The object behind a reference. Its class stays visible, so that passing a reference as an argument is refused by name
 * and a debugger shows its address.
 */
class ActorRef {
  readonly caller: Caller;
  readonly target: Target;
  readonly options: RefOptions;
  readonly tells: boolean;
  readonly #methods = new Map<string, (...args: unknown[]) => unknown>();
  #normal: NormalCallOptions | undefined;
  tell: object | undefined;

  constructor(caller: Caller, target: Target, options: RefOptions, tells: boolean) {
    this.caller = caller;
    this.target = target;
    this.options = options;
    this.tells = tells;
  }

  method(name: string): (...args: unknown[]) => unknown {
    let method = this.#methods.get(name);
    if (!method) {
      method = this.#bind(name);
      this.#methods.set(name, method);
    }
    return method;
  }

  #bind(name: string): (...args: unknown[]) => unknown {
    const { caller, target } = this;
    let method: BoundMethod | undefined;
    if (this.tells) {
      return (...args) => {
        try {
          return caller.tell((method ??= bindMethod(target, name)), args, this.#options());
        } catch (error) {
          return caller.refuseTell(error);
        }
      };
    }
    return (...args) => {
      try {
        method ??= bindMethod(target, name);
        const options = this.#options();
        if (options.delayMs === undefined) return caller.ask(method, args, options);
        throw new ConfigError(
          `delay: an ask of ${target.address} cannot wait for its time; tell it, ref.with({ delay }).tell.${name}(…)`,
        );
      } catch (error) {
        return Promise.reject(error);
      }
    };
  }

  /** Checked at the first call, so that every mistake shows there. */
  #options(): NormalCallOptions {
    return (this.#normal ??= normalCallOptions(this.options, this.target));
  }
}

/** What a reference stands for; `undefined`: it is none. */
export function behindRef(ref: unknown): { readonly target: Target; readonly options: RefOptions } | undefined {
  return typeof ref === "object" && ref !== null ? (ref as { [behind]?: ActorRef })[behind] : undefined;
}

/**
 * The method of an actor behind a name.
 *
 * @throws UnknownHandlerError, where the class is known, when the method does not exist or is not marked
 */
export function bindMethod(target: Target, handler: string): BoundMethod {
  const { type, address, known } = target;
  if (isSystemHandler(handler)) {
    throw new UnknownHandlerError(`${type}.${handler}: names that begin with $ belong to the system`);
  }
  if (known && !known.methods.has(handler)) throw unknownHandler(known, handler);
  const kind = known?.methods.get(handler)?.kind === "query" ? "query" : "ask";
  return { target, destination: undefined, ...callTarget(address, kind, handler) };
}

const readOnly = {
  set: () => false,
  defineProperty: () => false,
  deleteProperty: () => false,
};

const tellTraps: ProxyHandler<ActorRef> = {
  ...readOnly,
  get(ref, property) {
    if (typeof property === "symbol" || isReservedName(property)) return undefined;
    return ref.method(property);
  },
};

const askTraps: ProxyHandler<ActorRef> = {
  ...readOnly,
  get(ref, property) {
    if (typeof property === "symbol") return property === behind ? ref : undefined;
    switch (property) {
      case "address":
        return ref.target.address;
      case "toString":
        return () => ref.target.address;
      case "tell":
        ref.tell ??= new Proxy(new ActorRef(ref.caller, ref.target, ref.options, true), tellTraps);
        return ref.tell;
      case "with":
        return (options: RefOptions) => makeRef(ref.caller, ref.target, { ...ref.options, ...options });
      default:
        return isReservedName(property) ? undefined : ref.method(property);
    }
  },
};
