/** How errors call an injection token: a class by its name, a token by the name it was given. */
export function tokenName(token) {
    const name = typeof token === "string" ? token : token?.name;
    return typeof name === "string" && name !== "" ? name : String(token);
}
//# sourceMappingURL=token-name.js.map