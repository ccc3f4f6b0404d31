import {
  type Broker,
  type Cancel,
  type Channel,
  type Clock,
  type Consumer,
  type Lease,
  type Mailbox,
  type PartitionId,
  type PartitionImage,
  StoreUnavailableError,
} from "@actor-runtime/core";
import type { Ports } from "../ports.js";

/** A channel that is not open by then is given up. */
const openMs = 20_000;

/** Reads a partition (T1). A big one may take longer to read than a lease lasts, so its lease is renewed meanwhile. */
export async function loadHeld(
  { clock, leases, store }: Ports,
  partition: PartitionId,
  acquired: Lease,
  leaseMs: number,
): Promise<{ lease: Lease; image: PartitionImage }> {
  let lease = acquired;
  let cancel: Cancel = () => {};
  const renewLater = () => {
    cancel = clock.after(leaseMs / 3, () => {
      renewLater();
      leases.renew([{ lease }], leaseMs).then(
        ([renewed]) => {
          if (renewed && "lease" in renewed) lease = renewed.lease;
        },
        // Lost or not, the store says so at the end.
        () => {},
      );
    });
  };
  renewLater();
  try {
    const image = await store.load(partition, lease);
    return { lease, image };
  } finally {
    cancel();
  }
}

/**
 * Consumes a partition (T3). A queue that never answers must not keep it here for ever, nor its worker from stopping.
 *
 * @throws StoreUnavailableError when it has not answered within 20 s
 */
export function consumeSoon(
  { broker, clock }: { readonly broker: Broker; readonly clock: Clock },
  mailbox: Mailbox,
  partition: PartitionId,
  prefetch: number,
  consumer: Consumer,
): Promise<Channel> {
  const opening = broker.consume(mailbox, partition, prefetch, consumer);
  let cancel: Cancel = () => {};
  const silence = new Promise<never>((_, reject) => {
    cancel = clock.after(openMs, () => {
      reject(new StoreUnavailableError(`${partition}: its queue did not answer within ${openMs} ms`));
      // Should it answer yet.
      opening.then(
        (channel) => channel.close(),
        () => {},
      );
    });
  });
  return Promise.race([opening, silence]).finally(() => cancel());
}
