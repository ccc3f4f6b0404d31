/** Counters of this adapter. */
export const instruments = {
  /** Connections made anew after one was lost. */
  reconnects: "broker.reconnects",
  /** Connections lost without our doing. */
  connectionsLost: "broker.connections_lost",
  /** Times that the broker blocked publishing (memory or disk alarm). */
  blocked: "broker.blocked",
  /** Publishing channels closed because a confirm did not come in time. */
  confirmTimeouts: "broker.confirm_timeouts",
  /** Partition channels lost without our doing. */
  channelsLost: "broker.channels_lost",
  /** Frames whose headers could not be read: somebody else publishes into a mailbox. */
  foreignFrames: "broker.foreign_frames",
  /** Answers not sent because the connection was away or backed up; their callers ask again. */
  repliesDropped: "actor.replies_dropped",
} as const;
