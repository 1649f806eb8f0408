import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { readProjectDirectory } from "../../../../task-image/projects/project-directory.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";

let directory: string;

beforeEach(() => {
  directory = temporaryDirectory("project");
});

test("the links of a mounted ConfigMap are followed, and names with a dot in front are left out", async () => {
  mkdirSync(join(directory, "..2026"));
  symlinkSync("..2026", join(directory, "..data"));
  writeFileSync(join(directory, "..2026", "a.sql"), "select 'ü'");
  symlinkSync("..data/a.sql", join(directory, "a.sql"));
  writeFileSync(join(directory, ".hidden"), "x");
  expect(await readProjectDirectory(directory, "films-models")).toEqual(new Map([["a.sql", "select 'ü'"]]));
});

test("files in folders have their path", async () => {
  mkdirSync(join(directory, "models", "marts"), { recursive: true });
  writeFileSync(join(directory, "models", "marts", "a.sql"), "select 1");
  expect([...(await readProjectDirectory(directory, "films-models")).keys()]).toEqual(["models/marts/a.sql"]);
});

test("a folder that is missing or empty, and a file that is no text, are errors of configuration", async () => {
  const kind = "configuration";
  await expect(readProjectDirectory(join(directory, "nowhere"), "films-models")).rejects.toMatchObject({
    kind,
    code: "ProjectMissing",
  });
  await expect(readProjectDirectory(directory, "films-models")).rejects.toMatchObject({
    kind,
    code: "EmptyProject",
    message: expect.stringMatching(/^ConfigMap films-models does not exist or holds no file/),
  });
  writeFileSync(join(directory, "a.sql"), new Uint8Array([0xff, 0xfe]));
  await expect(readProjectDirectory(directory, "films-models")).rejects.toMatchObject({
    kind,
    message: "a.sql: expected UTF-8 text",
  });
});
