import type { AnyActor } from "../definition/actor-definition.js";
import { methodsOf, settingsOf } from "../definition/define.js";
import { type Caller, type KnownType, makeRef, targetOf } from "./ref.js";
import type { RefBy } from "./ref-types.js";

/** Makes the function `ref(Account, "alice")` / `ref("Account", "alice")` for one kind of caller. */
export function refBy<Sent>(caller: Caller, hosted: (type: string) => KnownType | undefined): RefBy<Sent> {
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
  const ref = (type: AnyActor | string, key: string): object => {
    if (typeof type === "string") return makeRef(caller, targetOf(type, key, hosted(type)));
    const facts = known(type);
    return makeRef(caller, targetOf(facts.name, key, facts.known));
  };
  return ref as RefBy<Sent>;
}
