import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mountedFiles } from "../../../../task-image/sources/files/mounted-files.ts";
import { openConfined } from "../../../../task-image/volumes/confined-file.ts";
import { temporaryDirectory } from "../../../support/machine/temporary-directory.ts";

const volume = () => {
  const root = temporaryDirectory("volume");
  const outside = temporaryDirectory("outside");
  writeFileSync(join(outside, "password"), "hunter2");
  mkdirSync(join(root, "..2026"));
  writeFileSync(join(root, "..2026/a.csv"), "id\n1\n");
  symlinkSync("..2026/a.csv", join(root, "a.csv"));
  return { root, outside };
};

test("a link inside of the volume is followed", async () => {
  const handle = await openConfined(volume().root, "a.csv");
  expect(await handle.readFile("utf8")).toBe("id\n1\n");
  await handle.close();
});

test.each([
  [
    "a link out of the volume",
    (root: string, outside: string) => symlinkSync(join(outside, "password"), join(root, "x")),
  ],
  ["a folder", (root: string) => mkdirSync(join(root, "x"))],
  ["a pipe", (root: string) => spawnSync("mkfifo", [join(root, "x")])],
])("%s is refused", async (_, make) => {
  const { root, outside } = volume();
  make(root, outside);
  await expect(openConfined(root, "x")).rejects.toMatchObject({ kind: "configuration", code: "FileRefused" });
});

test("a folder on the way that is a link out of the volume is refused", async () => {
  const { root, outside } = volume();
  symlinkSync(outside, join(root, "folder"));
  await expect(openConfined(root, "folder/password")).rejects.toMatchObject({ code: "FileRefused" });
});

test("a file that becomes a link to a secret after it was listed is not read", async () => {
  const { root, outside } = volume();
  writeFileSync(join(root, "b.csv"), "id\n2\n");
  await using source = mountedFiles("lake", root);
  const [file] = await source.list({ prefix: "b.csv", matches: (name) => name === "b.csv" });
  symlinkSync(join(outside, "password"), join(root, "swap"));
  renameSync(join(root, "swap"), join(root, "b.csv"));
  if (file === undefined) throw new Error("b.csv was not listed");
  const read = async () => {
    for await (const chunk of source.read(file)) expect.unreachable(`read ${(chunk as Buffer).length} bytes`);
  };
  await expect(read()).rejects.toMatchObject({ code: "FileRefused" });
});
