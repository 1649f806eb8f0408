import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { expectDigest } from "../../../config/cluster/image.ts";
import { BASE_IMAGE, NODE_IMAGE } from "../../../config/cluster/versions.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

const report = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined };
const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const OTHER = `sha256:${"f".repeat(64)}`;

/** An engine that has these digests for every image. */
function engineWith(...digests: readonly string[]): void {
  const folder = temporaryDirectory("docker");
  const lines = digests.map((digest) => `registry.example/base@${digest}`).join("\n");
  writeFileSync(join(folder, "docker"), `#!/bin/sh\ncat <<'END'\n${lines}\n\nEND\n`);
  chmodSync(join(folder, "docker"), 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
}

afterEach(() => vi.unstubAllEnvs());

test("an image that the engine has under its digest is the one that was pinned", async () => {
  engineWith(OTHER, DIGEST);
  await expect(expectDigest(report, `registry.example/base:1@${DIGEST}`)).resolves.toBeUndefined();
});

test.each([
  ["of another digest", [OTHER], `found registry.example/base@${OTHER}: remove it with docker rmi`],
  ["that was never pulled", [], "found one without a digest"],
])("an image %s is refused", async (_what, digests, message) => {
  engineWith(...digests);
  await expect(expectDigest(report, `registry.example/base:1@${DIGEST}`)).rejects.toThrow(message);
});

test("a reference without a digest proves nothing", async () => {
  await expect(expectDigest(report, "registry.example/base:1")).rejects.toThrow("ends with a digest");
});

test("what images stand on is pinned by its digest", () => {
  for (const reference of [BASE_IMAGE, NODE_IMAGE]) expect(reference).toMatch(/@sha256:[0-9a-f]{64}$/);
});
