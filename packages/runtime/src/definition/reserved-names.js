/**
 * Names that are no handlers: those a reference has itself, those that promises, JSON and inspection look up on any
 * object (a reference that sent `then` could not be returned from an async function), and the lifecycle methods.
 */
export const reservedNames = [
    "tell",
    "with",
    "address",
    "then",
    "catch",
    "finally",
    "constructor",
    "toJSON",
    "toString",
    "valueOf",
    "onActivate",
    "onDeactivate",
];
const reserved = new Set(reservedNames);
export function isReservedName(name) {
    return reserved.has(name);
}
//# sourceMappingURL=reserved-names.js.map