import { createHmac, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { fingerprintOf, knownKeys, typeOfKey } from "../../../../task-image/git/known-hosts.ts";

const KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

test.each([
  ["the host's name", "git.example", "git.example", 22],
  ["one of several names", "10.0.0.1,git.example", "git.example", 22],
  ["a name in capitals", "Git.Example", "git.example", 22],
  ["stars and question marks", "g?t.*", "git.example", 22],
  ["another port", "[git.example]:2222", "git.example", 2222],
  ["a hashed name", hashed("git.example"), "git.example", 22],
  ["a hashed name with a port", hashed("[git.example]:2222"), "git.example", 2222],
])("%s means the host", (_, hosts, host, port) => {
  expect(knownKeys(`# a comment\n\n${hosts} ssh-ed25519 ${KEY} a comment\n`, host, port).keys).toEqual([
    { type: "ssh-ed25519", key: KEY },
  ]);
});

test.each([
  ["another name", "git.example.org", "git.example", 22],
  ["the beginning of a name", "git", "git.example", 22],
  ["a name that is left out", "*.example,!git.example", "git.example", 22],
  ["the host at port 22", "git.example", "git.example", 2222],
  ["the host at another port", "[git.example]:2222", "git.example", 22],
  ["another hashed name", hashed("git.example.org"), "git.example", 22],
  ["an authority of certificates", "@cert-authority git.example", "git.example", 22],
])("%s does not mean the host", (_, hosts, host, port) => {
  expect(knownKeys(`${hosts} ssh-ed25519 ${KEY}`, host, port).keys).toEqual([]);
});

test("revoked keys are kept apart", () => {
  const { keys, revoked } = knownKeys(`@revoked * ssh-ed25519 ${KEY}`, "git.example", 22);
  expect(keys).toEqual([]);
  expect(revoked).toEqual([{ type: "ssh-ed25519", key: KEY }]);
});

test("a key says its type and has the fingerprint that providers publish", () => {
  const blob = Buffer.from(KEY, "base64");
  expect(typeOfKey(blob)).toBe("ssh-ed25519");
  // The published fingerprint of a large provider for this very key.
  expect(fingerprintOf(blob)).toBe("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
  expect(typeOfKey(Buffer.alloc(2))).toBe("");
});
