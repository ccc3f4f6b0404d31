import { ConfigError } from "@actor-runtime/core";
export function isStandard(context) {
    return typeof context === "object" && context !== null && "kind" in context;
}
/** Reads the arguments of a legacy decorator: prototype (or the class, for static members), name, descriptor. */
export function legacyPlace(target, name, descriptor) {
    let kind = "field";
    if (descriptor)
        kind = typeof descriptor.value === "function" ? "method" : "accessor";
    return { kind, name, static: typeof target === "function", private: false };
}
/**
 * Refuses what the compiler refuses too, for code that is only transpiled.
 *
 * @returns the member's name
 * @throws ConfigError
 */
export function checkPlace(decorator, kind, place) {
    const name = String(place.name);
    const refuse = (why) => {
        throw new ConfigError(`${decorator} on ${name}: ${why}`);
    };
    if (place.kind !== kind)
        refuse(`it belongs on a ${kind}, not on this ${place.kind}`);
    if (place.static)
        refuse(`a static ${kind} belongs to no actor; make it an instance ${kind}`);
    if (place.private)
        refuse(`a #private ${kind} cannot be reached from outside; write "private ${name.slice(1)}"`);
    if (typeof place.name === "symbol")
        refuse("a symbol cannot be stored or sent; use a name");
    if (name.startsWith("$"))
        refuse('names that begin with "$" are kept for the system');
    return name;
}
//# sourceMappingURL=decorator-place.js.map