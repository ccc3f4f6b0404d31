import type { AnyActor } from "../definition/actor-definition.js";
import { declaredStateless } from "../definition/declarations.js";
import { checkClass, methodsOf, settingsOf } from "../definition/define.js";
import type { StatelessSettings } from "../definition/stateless-options.js";
import { type Caller, type KnownType, makeRef, type Target, targetOf } from "./ref.js";
import type { RefBy } from "./ref-types.js";

/** Finds the actor meant by `(Account, "alice")` or `("Account", "alice")`, or the stateless type by `(Resize)`. */
export type TargetBy = (type: AnyActor | string, key: string | undefined) => Target;

export function targetBy(hosted: (type: string) => KnownType | undefined): TargetBy {
  const byClass = new WeakMap<AnyActor, { name: string; known: KnownType }>();
  const known = (type: AnyActor) => {
    let facts = byClass.get(type);
    if (!facts) byClass.set(type, (facts = factsOf(type)));
    return facts;
  };
  return (type, key) => {
    if (typeof type === "string") return targetOf(type, key, hosted(type));
    const facts = known(type);
    return targetOf(facts.name, key, facts.known);
  };
}

function factsOf(type: AnyActor): { name: string; known: KnownType } {
  checkClass(type);
  const stateless = declaredStateless(type);
  if (stateless !== undefined) return { name: stateless.name, known: knownStateless(type, stateless) };
  const { name, mailbox, replyRetentionMs } = settingsOf(type);
  return { name, known: { type, methods: methodsOf(type), mailbox, replyRetentionMs } };
}

/** What is known of a stateless type where its class is at hand. Nothing is kept of its answers, so calls may take any time. */
export function knownStateless(
  type: AnyActor,
  { name, balance }: Pick<StatelessSettings, "name" | "balance">,
): KnownType {
  const replyRetentionMs = Number.POSITIVE_INFINITY;
  return { type, methods: methodsOf(type), mailbox: { name }, replyRetentionMs, balance };
}

/** Makes the function `ref(Account, "alice")` / `ref("Account", "alice")` for one kind of caller. */
export function refBy<Sent>(caller: Caller, target: TargetBy): RefBy<Sent> {
  const ref = (type: AnyActor | string, key?: string): object => makeRef(caller, target(type, key));
  return ref as RefBy<Sent>;
}
