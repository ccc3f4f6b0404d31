import { type Placement, placementOf, type View } from "@actor-runtime/core";
import type { MailboxDescription } from "@actor-runtime/runtime";

/** The placement once the view has been quiet for long. */
export function settled(
  { mailbox, types }: MailboxDescription,
  previous: Placement | undefined,
  view: View,
): Placement {
  return {
    version: (previous?.version ?? 0) + 1,
    ...placementOf({ mailbox, types, previous, view, balance: "always" }),
  };
}
