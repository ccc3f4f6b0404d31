/** What a member decorator stands on, told alike by both dialects. */
interface Place {
    readonly kind: string;
    readonly name: string | symbol;
    readonly static: boolean;
    readonly private: boolean;
}
/** The context object that TC39 decorators get as their second argument; legacy ones get the member's name there. */
interface StandardContext extends Place {
    readonly kind: string;
}
export declare function isStandard(context: unknown): context is StandardContext;
/** Reads the arguments of a legacy decorator: prototype (or the class, for static members), name, descriptor. */
export declare function legacyPlace(target: object, name: string | symbol, descriptor: PropertyDescriptor | undefined): Place;
/**
 * Refuses what the compiler refuses too, for code that is only transpiled.
 *
 * @returns the member's name
 * @throws ConfigError
 */
export declare function checkPlace(decorator: string, kind: "method" | "field", place: Place): string;
export {};
//# sourceMappingURL=decorator-place.d.ts.map