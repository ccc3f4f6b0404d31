/** The lease of a name and, for a partition, its commit number: `t:own` of delivery.md A.5. */
export interface LeaseRecord {
  holder: string;
  fence: number;
  nonce: string;
  /** In ms of the world's monotonic clock, so that a wall clock that jumps ends no lease. */
  until: number;
  /** Number of the partition's last commit. */
  seq: number;
  /** The namespace's generation when the lease was taken. */
  generation: number;
  /** The generation had changed since the tenure before. */
  rewound: boolean;
}
