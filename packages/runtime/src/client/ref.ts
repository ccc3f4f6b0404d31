import { type Duration, formatAddress, UnknownHandlerError } from "@actor-runtime/core";
import type { AnyActor, MethodDefinition } from "../definition/actor-definition.js";
import { unknownHandler } from "../definition/unknown-handler.js";
import { isReservedName } from "../definition/reserved-names.js";
import { isSystemHandler } from "../system-handlers.js";
import type { CallOptions } from "./ref-types.js";

export interface RefOptions extends CallOptions {
  readonly delay?: Duration;
}

/** What is known of a type beyond its name where its class is at hand. */
export interface KnownType {
  readonly type: AnyActor;
  readonly methods: ReadonlyMap<string, MethodDefinition>;
  readonly replyRetentionMs: number;
}

/** The actor a reference stands for. */
export interface Target {
  readonly type: string;
  readonly key: string;
  readonly address: string;
  readonly known: KnownType | undefined;
}

/** Who carries out the calls of a reference: the system from outside, or the turn of an actor. */
export interface Caller {
  ask(target: Target, handler: string, args: readonly unknown[], options: RefOptions): Promise<unknown>;
  tell(target: Target, handler: string, args: readonly unknown[], options: RefOptions): unknown;
}

const noOptions: RefOptions = {};

/** @throws InvalidAddressError when the key is empty or over its bound */
export function targetOf(type: string, key: string, known: KnownType | undefined): Target {
  return { type, key, address: formatAddress(type, key), known };
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
  readonly methods = new Map<string, (...args: unknown[]) => unknown>();
  tell: object | undefined;

  constructor(caller: Caller, target: Target, options: RefOptions, tells: boolean) {
    this.caller = caller;
    this.target = target;
    this.options = options;
    this.tells = tells;
  }

  method(name: string): (...args: unknown[]) => unknown {
    let method = this.methods.get(name);
    if (!method) {
      const { caller, target, options } = this;
      const refusal = refuse(target, name);
      if (refusal) method = () => Promise.reject(refusal());
      else if (this.tells) method = (...args) => caller.tell(target, name, args, options);
      else method = (...args) => caller.ask(target, name, args, options);
      this.methods.set(name, method);
    }
    return method;
  }
}

/** A method that is not marked is refused here, by name, where the class is known. */
function refuse({ type, known }: Target, name: string): (() => UnknownHandlerError) | undefined {
  if (isSystemHandler(name)) return () => new UnknownHandlerError(`${type}.${name}: names with $ belong to the system`);
  if (known === undefined || known.methods.has(name)) return undefined;
  return () => unknownHandler(known, name);
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
    if (typeof property === "symbol") return undefined;
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
