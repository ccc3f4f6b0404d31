import { declareStateless } from "./declarations.js";
import type { ClassDecoratorFor } from "./decorator-types.js";
import { type StatelessOptions, statelessSettings } from "./stateless-options.js";

/**
 * Makes a class a stateless type: work without identity, done by whichever worker has room, up to `concurrency` calls in each.
 * Its methods are marked with `@Handler` and `@Query`, and reached by `system.ref(Resize)` and `self.ref(Resize)`, without a key.
 *
 * What is promised differs from actors: a message runs **at least once**, in any order, beside others. A worker that ends in the
 * middle of it leaves it to another one, and an ask that has no answer after half its time is sent once more. What the handler
 * tells and asks carries keys derived from the message, so that what actors do for it takes effect once; effects outside may
 * happen twice. There is no state, and there are no reminders, delays and transactions.
 *
 * The constructor runs once per instance, and `onActivate` before its first call; an instance runs one call at a time.
 *
 * @param name shares one namespace with those of actors. Letters, digits, `_`, `.`, `-`, beginning with a letter
 * @throws ConfigError when the name is missing or an option is out of range
 * @example
 * @Stateless("Resize", { balance: "fastest", concurrency: 4 })
 * export class Resize {
 *   @Handler() async run(image: string, width: number): Promise<string> { … }
 * }
 * await system.ref(Resize).run("cat.png", 320);
 */
export function Stateless(name: string, options?: StatelessOptions): ClassDecoratorFor {
  return (type) => declareStateless(type, statelessSettings(type.name, name, options));
}
