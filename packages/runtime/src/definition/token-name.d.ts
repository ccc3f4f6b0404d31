/** How errors call an injection token: a class by its name, a token by the name it was given. */
export declare function tokenName(token: unknown): string;
//# sourceMappingURL=token-name.d.ts.map