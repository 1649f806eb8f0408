import { createHash } from "node:crypto";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { parquetOf } from "../../support/loads/parquet-file.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

const databases = useLoadDatabases("18");
let directory: string;
let mounts = 0;

beforeEach(() => {
  directory = temporaryDirectory("volume");
});

function runLoad(pattern: string, more: Partial<WorkOf<"load">["load"]> = {}) {
  const from = { connection: "source", schema: "public", files: { seeds: pattern } };
  const to = { connection: "warehouse", schema: "raw" };
  return databases.load({ from, to, mode: "replace", ...more }, { source: { kind: "files", directory } });
}

/** Lays files out as the kubelet does: each key is a link through `..data` into a folder of its own. */
function mountConfigMap(files: Readonly<Record<string, string>>): void {
  mounts += 1;
  const folder = `..${mounts}`;
  mkdirSync(join(directory, folder));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, folder, name), content);
  symlinkSync(folder, join(directory, "..data_tmp"));
  renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
  for (const name of Object.keys(files)) {
    try {
      symlinkSync(join("..data", name), join(directory, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

test("the keys of a ConfigMap are loaded, and are new only when their content is", async () => {
  mountConfigMap({ "a.csv": "id\n1\n", "b.csv": "id\n2\n", "readme.md": "no data" });
  await runLoad("*.csv", { mode: "append", onlyNew: true });
  mountConfigMap({ "a.csv": "id\n1\n", "b.csv": "id\n3\n" });
  expect(await runLoad("*.csv", { mode: "append", onlyNew: true })).toMatchObject({ rows: 1 });
  expect(await databases.warehouse.query("SELECT id FROM raw.seeds ORDER BY id")).toEqual([
    { id: "1" },
    { id: "2" },
    { id: "3" },
  ]);
  expect(await databases.warehouse.query("SELECT DISTINCT uri FROM raw._kelt_files ORDER BY uri")).toEqual([
    { uri: "file:a.csv" },
    { uri: "file:b.csv" },
  ]);
});

test("folders of a volume are read through, links that lead out of it are not", async () => {
  mkdirSync(join(directory, "2026/01"), { recursive: true });
  writeFileSync(join(directory, "2026/01/log.jsonl"), '{"id":1}\n');
  const outside = temporaryDirectory("outside");
  writeFileSync(join(outside, "secret.jsonl"), '{"id":2}\n');
  symlinkSync(join(outside, "secret.jsonl"), join(directory, "2026/secret.jsonl"));
  await runLoad("2026/");
  expect(await databases.warehouse.query("SELECT id FROM raw.seeds")).toEqual([{ id: "1" }]);
});

test("a volume that is not there is a mistake in the pipeline, which says what to create", async () => {
  directory = join(directory, "missing");
  await expect(runLoad("a.csv")).rejects.toMatchObject({
    kind: "configuration",
    message: expect.stringMatching(
      /^connection source: the volume with its files cannot be read at .* \(ENOENT\). Create/,
    ),
  });
});

test("what a killed parallel load of the same target left is taken away, and that of another target is not", async () => {
  writeFileSync(join(directory, "seeds.csv"), "id\n1\n");
  const left = (target: string) => `_kelt_part_${createHash("sha256").update(target).digest("hex").slice(0, 16)}_7`;
  await databases.warehouse.query(
    `CREATE SCHEMA raw; CREATE TABLE raw.${left("seeds")} (id int); CREATE TABLE raw.${left("other")} (id int)`,
  );
  await runLoad("seeds.csv");
  const found = await databases.warehouse.query("SELECT relname FROM pg_class WHERE relname ~ '^_kelt_part_'");
  expect(found).toEqual([{ relname: left("other") }]);
});

test("Parquet of a volume is read like that of a bucket", async () => {
  writeFileSync(
    join(directory, "songs.parquet"),
    await parquetOf("SELECT 1::BIGINT AS id, 1.10::DECIMAL(4,2) AS price"),
  );
  await runLoad("*.parquet");
  expect(await databases.warehouse.query("SELECT * FROM raw.seeds")).toEqual([{ id: "1", price: "1.10" }]);
});
