import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../support/cluster/chart.ts";

const GOOD =
  "apiVersion: kelt.dev/v1alpha1\nkind: Pipeline\nmetadata: {name: a}\nspec: {nodes: {a: {container: {}}}}\n";
let folder = "";

function lint(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "config/tools/lint.ts"), ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kelt-lint-"));
  for (const name of ["deep", "node_modules", ".hidden"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "good.yaml"), GOOD);
  writeFileSync(join(folder, "deep/bad.yml"), GOOD.replace("container", "contaner"));
  for (const name of ["node_modules/a.yaml", ".hidden/a.yaml", "notes.txt"]) writeFileSync(join(folder, name), "a: [");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("exits with 0 when there is no finding", () => {
  expect(lint(["good.yaml"])).toEqual({
    status: 0,
    stdout: "",
    stderr: "1 manifests of kelt in 1 files, 0 findings\n",
  });
});

test("exits with 1 and the findings of a whole folder, hidden and installed files left out", () => {
  const { status, stdout, stderr } = lint(["."]);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^deep\/bad\.yml:4:20 InvalidSpec spec\.nodes\[a\]\.contaner: /m);
  expect(stderr).toContain("in 2 files");
});

test("reads standard input and answers in the asked format", () => {
  const { status, stdout } = lint(["-o", "json", "-"], GOOD.replace("name: a", "name: A"));
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([{ file: "<stdin>", line: 3, column: 12, path: "metadata.name" }]);
});

test.each([
  ["no file", [], "missing required argument"],
  ["a file that is not there", ["gone.yaml"], "gone.yaml"],
  ["an unknown format", ["-o", "xml", "good.yaml"], "text, json, github"],
])("exits with 2 and says why: %s", (_, args, words) => {
  const { status, stdout, stderr } = lint(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(words);
});
