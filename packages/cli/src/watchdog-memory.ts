/** What the main thread shares with the watchdog: a counter that beats, and the address of the turn started last. */
export const layout = {
  beatAt: 0,
  lengthAt: 4,
  textAt: 8,
  /** A type has up to 100 bytes, a key 256. */
  bytes: 8 + 100 + 1 + 256,
} as const;
