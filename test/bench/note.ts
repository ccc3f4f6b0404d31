/** What every message carries, so that it has about 100 bytes as a team writing by hand would send it. */
export const note = "2026-01-01T00:00:00.000Z order 0123456789 paid";
