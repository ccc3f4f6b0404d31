export {};
//# sourceMappingURL=decorator-types.js.map