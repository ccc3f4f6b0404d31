/** Keeps subscriptions from running for a while. */
export interface Outage {
  /** @returns what it did, for the story */
  begin(): Promise<string>;
  /** @returns what it did, for the story */
  end(): Promise<string>;
}
