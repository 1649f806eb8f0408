import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { mountConfigMap, runTransformAt } from "../../support/dbt/dbt-command.ts";
import { useDbtWarehouse } from "../../support/dbt/dbt-warehouse.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

const dbt = useDbtWarehouse();

test("a dbt project may be several ConfigMaps, whose keys are united", async () => {
  const directory = temporaryDirectory("project");
  mountConfigMap({ "seeds.kinds.csv": "id,kind\n1,a\n2,b\n" }, join(directory, "seeds"));
  const models = { "dbt_project.yml": "name: shop", "models.last.sql": "select max(id) as id from {{ ref('kinds') }}" };
  mountConfigMap(models, join(directory, "models"));
  const project = { configMaps: ["models", "seeds"] };
  expect(await runTransformAt(dbt.warehouse, directory, { project })).toMatchObject({
    outcome: { message: "2 nodes: 2 success" },
  });
  expect(await dbt.warehouse.query("SELECT id FROM dbt.last")).toEqual([{ id: "2" }]);
});

test("a dbt project may be a folder of a volume, in which files beside dbt's folders are nothing of dbt's", async () => {
  const volume = temporaryDirectory("volume");
  const files = {
    "team/shop/dbt_project.yml": "name: shop",
    "team/shop/models/one.sql": "select 1 as id",
    "team/shop/docker-compose.yml": "services: {}",
    "team/shop/notes.sql": "no SQL",
    "team/shop/target/compiled/one.sql": "{{ broken",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(volume, path)), { recursive: true });
    writeFileSync(join(volume, path), text);
  }
  const project = { persistentVolumeClaim: { claimName: "models", path: "team/shop" } };
  expect(await runTransformAt(dbt.warehouse, volume, { project })).toMatchObject({
    outcome: { message: "1 node: 1 success" },
  });
  expect(await dbt.warehouse.query("SELECT id FROM dbt.one")).toEqual([{ id: "1" }]);
});
