import { expect, test } from "vitest";
import { readChannel } from "../../../../task-image/report/channel.ts";

const channel = { urls: ["https://10.0.0.9:8443"], certificate: "PEM" };

test.each<[string, string | undefined, unknown]>([
  ["no variable", undefined, { kind: "none" }],
  ["an empty one", "", { kind: "none" }],
  ["a channel", JSON.stringify(channel), { kind: "channel", channel }],
  [
    "a held start",
    JSON.stringify({ ...channel, hold: true }),
    { kind: "channel", channel: { ...channel, hold: true } },
  ],
  ["what is no JSON", "{", { kind: "unreadable" }],
  ["a channel without TLS", JSON.stringify({ ...channel, urls: ["http://10.0.0.9"] }), { kind: "unreadable" }],
  ["a field of another version", JSON.stringify({ ...channel, more: 1 }), { kind: "unreadable" }],
  ["what may say to wait", JSON.stringify({ ...channel, more: 1, hold: true }), { kind: "unreadableHold" }],
])("%s", (_what, text, expected) => {
  expect(readChannel(text === undefined ? {} : { KELT_REPORT: text })).toEqual(expected);
});
