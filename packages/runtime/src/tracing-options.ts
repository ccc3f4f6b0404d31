/** What spans tell, and how they hang together. */
export interface TracingOptions {
  /**
   * `parent` (default): a turn is a child of the span that sent its message, so that a whole conversation is one trace. `link`:
   * each turn begins a trace of its own with a link to its sender, for systems whose conversations never end.
   */
  readonly correlation?: "parent" | "link";
  /**
   * `plain` (default): the actor's key is an attribute of its spans. `hashed`: the first 16 hex digits of its SHA-256 stand for
   * it, and errors are recorded without their text, which may hold it.
   */
  readonly keys?: "plain" | "hashed";
}
