/**
 * Names that are no handlers: those a reference has itself, those that promises, JSON and inspection look up on any
 * object (a reference that sent `then` could not be returned from an async function), and the lifecycle methods.
 */
export declare const reservedNames: readonly ["tell", "with", "address", "then", "catch", "finally", "constructor", "toJSON", "toString", "valueOf", "onActivate", "onDeactivate"];
export declare function isReservedName(name: string): boolean;
//# sourceMappingURL=reserved-names.d.ts.map