import type { Change } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { changeText, parseChange } from "./changes.js";

describe("a change on the channel", () => {
  it.each<Change>([
    { about: "view" },
    { about: "placement", mailbox: "Account" },
    { about: "placement", mailbox: "$system" },
    { about: "released", lease: "Account:g1:00" },
    { about: "released", lease: "report:2026 ключ {}" },
  ])("comes back as it was sent: %j", (change) => {
    expect(parseChange(changeText(change))).toEqual(change);
  });

  it("says nothing when it is of a kind from a later version", () => {
    for (const text of ["", "views", "later:thing", "released"]) expect(parseChange(text)).toBeUndefined();
  });
});
