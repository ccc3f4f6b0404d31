export {};
//# sourceMappingURL=ref-types.js.map