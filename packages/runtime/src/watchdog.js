export {};
//# sourceMappingURL=watchdog.js.map