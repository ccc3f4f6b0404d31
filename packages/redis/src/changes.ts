import type { Change } from "@actor-runtime/core";

/** A change as it travels on the namespace's channel: `view`, `placement:<mailbox>`, `released:<lease>`. */
export function changeText(change: Change): string {
  if (change.about === "view") return "view";
  return change.about === "placement" ? `placement:${change.mailbox}` : `released:${change.lease}`;
}

/** `undefined`: of a kind that is not known here. */
export function parseChange(text: string): Change | undefined {
  if (text === "view") return { about: "view" };
  const colon = text.indexOf(":");
  const name = text.slice(colon + 1);
  switch (text.slice(0, colon)) {
    case "placement":
      return { about: "placement", mailbox: name };
    case "released":
      return { about: "released", lease: name };
    default:
      return undefined;
  }
}
