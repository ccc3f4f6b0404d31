import type { AnyActor } from "../definition/actor-definition.js";
import { methodsOf, settingsOf } from "../definition/define.js";
import { type Caller, type KnownType, makeRef, type Target, targetOf } from "./ref.js";
import type { RefBy } from "./ref-types.js";

/** Finds the actor meant by `(Account, "alice")` or `("Account", "alice")`. */
export type TargetBy = (type: AnyActor | string, key: string) => Target;

export function targetBy(hosted: (type: string) => KnownType | undefined): TargetBy {
  const byClass = new WeakMap<AnyActor, { name: string; known: KnownType }>();
  const known = (type: AnyActor) => {
    let facts = byClass.get(type);
    if (!facts) {
      const { name, mailbox, replyRetentionMs } = settingsOf(type);
      facts = { name, known: { type, methods: methodsOf(type), mailbox, replyRetentionMs } };
      byClass.set(type, facts);
    }
    return facts;
  };
  return (type, key) => {
    if (typeof type === "string") return targetOf(type, key, hosted(type));
    const facts = known(type);
    return targetOf(facts.name, key, facts.known);
  };
}

/** Makes the function `ref(Account, "alice")` / `ref("Account", "alice")` for one kind of caller. */
export function refBy<Sent>(caller: Caller, target: TargetBy): RefBy<Sent> {
  const ref = (type: AnyActor | string, key: string): object => makeRef(caller, target(type, key));
  return ref as RefBy<Sent>;
}
