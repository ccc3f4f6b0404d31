/** Ends the process when its event loop is blocked for longer than a lease: such a worker has lost its partitions anyway. */
export interface Watchdog {
    /** Code of this actor begins to run; called for every turn, so it must cost next to nothing. */
    running(address: string): void;
    close(): void;
}
//# sourceMappingURL=watchdog.d.ts.map