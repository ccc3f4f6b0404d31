export {};
//# sourceMappingURL=actor-definition.js.map