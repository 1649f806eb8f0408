import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { mountConfigMap, runTransformAt } from "../../support/dbt/dbt-command.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";

let server: PostgresServer;
let warehouse: TestDatabase;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  warehouse = await server.createDatabase();
});

test("a dbt project may be several ConfigMaps, whose keys are united", async () => {
  const directory = temporaryDirectory("project");
  mountConfigMap({ "seeds.kinds.csv": "id,kind\n1,a\n2,b\n" }, join(directory, "seeds"));
  const models = { "dbt_project.yml": "name: shop", "models.last.sql": "select max(id) as id from {{ ref('kinds') }}" };
  mountConfigMap(models, join(directory, "models"));
  const project = { configMaps: ["models", "seeds"] };
  expect(await runTransformAt(warehouse, directory, { project })).toMatchObject({
    outcome: { message: "2 nodes: 2 success" },
  });
  expect(await warehouse.query("SELECT id FROM dbt.last")).toEqual([{ id: "2" }]);
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
  expect(await runTransformAt(warehouse, volume, { project })).toMatchObject({
    outcome: { message: "1 node: 1 success" },
  });
  expect(await warehouse.query("SELECT id FROM dbt.one")).toEqual([{ id: "1" }]);
});
