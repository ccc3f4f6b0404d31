import { frameBody, type Message, messageText, parseMessages } from "@actor-runtime/core";
import { expect, it } from "vitest";
import { OutgoingFrame } from "./outgoing-frame.js";

const tell = (args: string): string => messageText({ to: "Account/ключ", kind: "tell", handler: "note" }, args);
const part = (text: string) => ({ text, bytes: new TextEncoder().encode(text).length });
const headers = { v: 1, segments: [] };

it("a frame within one process has the messages its body would have", () => {
  const texts = [tell("[1]"), tell('[{"$date":"2026-01-01T00:00:00.000Z"}]')];
  const frame = new OutgoingFrame(headers, texts.map(part));
  expect(frame.messages()).toEqual(parseMessages(frame.body));
  expect(frame.body).toEqual(frameBody(texts));
  expect(frame.bytes).toBe(frame.body.byteLength);
});

it("a frame stays as it was published when its lane takes a message back", () => {
  const batch = [part(tell("[1]")), part(tell("[2]"))];
  const frame = new OutgoingFrame(headers, batch);
  batch.pop();
  expect(frame.messages()).toHaveLength(2);
});

it("a redelivery has arguments of its own, whatever the handler made of the first ones", () => {
  const frame = new OutgoingFrame(headers, [part(tell('[{"list":[1]}]'))]);
  const [first] = frame.messages() as [Message];
  (first.args[0] as { list: number[] }).list.push(2);
  expect(frame.messages()[0]!.args).toEqual([{ list: [1] }]);
});
