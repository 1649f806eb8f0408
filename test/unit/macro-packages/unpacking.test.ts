import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLock } from "../../../config/macro-packages/lock.ts";
import { LOCK, unpackWheels } from "../../../config/macro-packages/macro-packages.ts";
import { type ArchivedFile, zipArchive } from "../../support/loads/zip-archive.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

const FILES = [
  { name: "dbt_lab-1.0.dist-info/licenses/LICENSE", text: "Apache License" },
  { name: "dbt/include/lab/macros/a.sql", text: "select 1" },
];

/** A folder as pip leaves it, with one wheel, and the line of the lock for it. */
function downloaded(files: readonly ArchivedFile[] = FILES) {
  const folder = temporaryDirectory("wheels");
  const bytes = zipArchive(files);
  writeFileSync(join(folder, "dbt_lab-1.0-py3-none-any.whl"), bytes);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { folder, wheel: { name: "dbt-lab", version: "1.0", sha256 }, target: join(folder, "unpacked") };
}

test("a wheel with the locked hash is unpacked, its licence below its name", async () => {
  const { folder, wheel, target } = downloaded();
  await unpackWheels([wheel], folder, target);
  expect(readFileSync(join(target, "macros/lab/macros/a.sql"), "utf8")).toBe("select 1");
  expect(readFileSync(join(target, "licenses/dbt-lab/LICENSE"), "utf8")).toBe("Apache License");
});

test("a wheel with another hash is refused, and nothing is left of it", async () => {
  const { folder, wheel, target } = downloaded();
  const sha256 = "0".repeat(64);
  const words = `dbt_lab-1.0-py3-none-any.whl: expected the SHA-256 ${sha256}, found ${wheel.sha256}`;
  await expect(unpackWheels([{ ...wheel, sha256 }], folder, target)).rejects.toThrow(words);
  expect(existsSync(target)).toBe(false);
});

test("a wheel that is missing, or has an entry that leads elsewhere, leaves nothing behind", async () => {
  const { folder, wheel, target } = downloaded([...FILES, { name: "../../outside.sql", text: "x" }]);
  await expect(unpackWheels([wheel], folder, target)).rejects.toThrow("dbt-lab 1.0: the archive has an entry");
  await expect(unpackWheels([{ ...wheel, version: "2.0" }], folder, target)).rejects.toThrow("no wheel of dbt-lab 2.0");
  expect(readdirSync(folder)).toEqual(["dbt_lab-1.0-py3-none-any.whl"]);
});

test("the lock pins the packages of the three adapters, dbt's own and nothing else", () => {
  const names = readLock(readFileSync(LOCK, "utf8"), LOCK).map(({ name }) => name);
  expect(names).toEqual(["dbt-adapters", "dbt-postgres", "dbt-redshift", "dbt-snowflake"]);
});

test.each(["dbt-lab", "dbt-lab==1.0", "dbt-lab>=1.0 --hash=sha256:00", "-r other.txt"])(
  "a lock with the line %s is refused with its place",
  (line) => {
    expect(() => readLock(`# pinned\n${line}\n`, "lock.txt")).toThrow(`lock.txt:2: expected NAME==VERSION`);
  },
);
