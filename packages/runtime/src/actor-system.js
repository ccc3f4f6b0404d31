export {};
//# sourceMappingURL=actor-system.js.map