import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TaskConnection } from "#api/task.ts";
import { Random } from "../../../config/base/demo/store/random.mts";
import { answer } from "../../../config/samples/showcase/demo/answers.mts";
import { makeCustomers } from "../../../config/samples/showcase/demo/objects.mts";
import { openObjectStore } from "../../../task-image/object-store/opening.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { startFilledStore } from "../../support/servers/filled-store.ts";
import { type HttpApi, startHttpApi } from "../../support/servers/http-api.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import type { S3Server } from "../../support/servers/versitygw.ts";
import { readSamplePipeline } from "../../support/tasks/sample.ts";
import { aContext } from "../../support/tasks/task.ts";

const DEMO = join(import.meta.dirname, "../../../config/samples/showcase/demo");
const API_KEY = "k/ey+1";

let server: PostgresServer;
let store: S3Server;
let api: HttpApi;
let source: TestDatabase;
let warehouse: TestDatabase;
let connections: Readonly<Record<string, TaskConnection>>;

beforeAll(async () => {
  [server, store] = await Promise.all([startPostgres(), startFilledStore("showcase")]);
  [source, warehouse] = await Promise.all([server.createDatabase(), server.createDatabase()]);
  for (const file of ["1-schema.sql", "2-orders.sql"])
    await source.query(readFileSync(join(DEMO, "facts", file), "utf8"));
  api = await startHttpApi(({ url, headers }) => {
    const text = headers["x-api-key"] === API_KEY ? answer(url) : undefined;
    return text === undefined ? { status: 401 } : { body: text };
  });
  const secretDirectory = temporaryDirectory("api");
  writeFileSync(join(secretDirectory, "apiKey"), API_KEY);
  const auth = { apiKey: { header: "X-Api-Key" } };
  connections = {
    api: { kind: "http", secretName: "api", secretDirectory, baseUrl: `${api.origin}/v1`, auth },
    lake: store.connection("showcase"),
    office: { kind: "files", directory: join(DEMO, "files") },
    source: source.connection(),
    warehouse: warehouse.connection(),
  };
});
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await server?.stop();
  await store?.stop();
});

const pipelineOf = (name: string) => readSamplePipeline("showcase", connections, `pipelines/${name}.yaml`);

test("products and reviews come from the API page by page, and the bucket keeps nothing of them", async () => {
  const pipeline = pipelineOf("extract-api-data");
  for (const uid of ["uid-1", "uid-2"]) {
    expect(await pipeline.run("products-landed", uid)).toMatchObject({ rows: 36 });
    expect(await pipeline.run("reviews-landed", uid)).toMatchObject({ rows: 500 });
    expect(await pipeline.run("products", uid)).toMatchObject({ message: "1 table, 36 rows; files removed" });
    expect(await pipeline.run("reviews", uid)).toMatchObject({ message: "1 table, 500 rows; files removed" });
    expect(await pipeline.run("quality", uid)).toMatchObject({ tests: { passed: 4, failed: 0, errored: 0 } });
  }
  expect(api.seen.filter(({ url }) => url.pathname === "/v1/products").length).toBe(2 * 5);
  expect(api.seen.filter(({ url }) => url.pathname === "/v1/reviews").length).toBe(2 * 5);

  const given = JSON.parse(readFileSync(join(DEMO, "products.json"), "utf8"));
  const [products] = await warehouse.query("SELECT json_agg(to_jsonb(p) ORDER BY sku) AS rows FROM raw.products p");
  expect(JSON.parse(String(products?.rows))).toEqual(given);
  await using lake = await openObjectStore({ connections }, "lake", aContext());
  const keys: string[] = [];
  for await (const { key } of lake.list("")) keys.push(key);
  expect(keys).toEqual(["csv/customers-2023.csv", "csv/customers-2024.csv", "csv/customers-2025.csv"]);
});

test("customers and stores arrive from their files with every cell as it was", async () => {
  const pipeline = pipelineOf("process-csv-files");
  for (const uid of ["uid-1", "uid-2"]) {
    expect(await pipeline.run("customers", uid)).toMatchObject({ rows: 600 });
    expect(await pipeline.run("stores", uid)).toMatchObject({ rows: 6 });
    expect(await pipeline.run("quality", uid)).toMatchObject({ tests: { passed: 3, failed: 0, errored: 0 } });
  }
  const customers = makeCustomers(new Random(1));
  const stored = await warehouse.query(`SELECT customer_no, name, street, postcode, city, born, newsletter::text,
    credit_limit, notes FROM raw.customers ORDER BY customer_no`);
  expect(stored).toEqual(customers);
  for (const cell of ["", null, 'says "no plastic"', "ring twice;\r\nthen wait", "日本語で連絡", "NULL"]) {
    expect(customers.map(({ notes }) => notes)).toContain(cell);
  }
  const stores =
    "SELECT code, city, opened, square_metres, slogan FROM raw.stores WHERE code IN ('lis-01', 'web', 'ber-02')";
  expect(await warehouse.query(`${stores} ORDER BY code`)).toEqual([
    { code: "ber-02", city: "Berlin", opened: "2021-06-15", square_metres: "41", slogan: null },
    { code: "lis-01", city: "Lisboa", opened: "2020-02-29", square_metres: "52", slogan: "Chá às cinco\nou às seis" },
    { code: "web", city: null, opened: "2016-01-01", square_metres: null, slogan: "" },
  ]);
});

test("orders are copied from the shop's database as they are", async () => {
  const pipeline = pipelineOf("extract-shop-database");
  for (const uid of ["uid-1", "uid-2"]) {
    const rows = 4_000 + (4_000 + 2_667 + 1_333);
    expect(await pipeline.run("orders", uid)).toMatchObject({ rows });
    expect(await pipeline.run("quality", uid)).toMatchObject({ tests: { passed: 3, failed: 0, errored: 0 } });
  }
  for (const [table, order] of [
    ["orders", "order_id"],
    ["order_items", "order_id, line"],
  ]) {
    const rows = `SELECT md5(string_agg(t::text, E'\\n' ORDER BY ${order})) FROM`;
    expect(await warehouse.query(`${rows} raw.${table} t`)).toEqual(await source.query(`${rows} shop.${table} t`));
  }
});

test("what the three have loaded becomes a star whose facts stand in every dimension", async () => {
  const pipeline = pipelineOf("dbt-transformation");
  for (const uid of ["uid-1", "uid-2"]) {
    expect(await pipeline.run("models", uid)).toMatchObject({ tests: { passed: 32, failed: 0, errored: 0 } });
    expect(await pipeline.run("quality", uid)).toMatchObject({ tests: { passed: 2, failed: 0, errored: 0 } });
  }
  const joined = await warehouse.query(`SELECT count(*), sum(amount) FROM analytics.fct_sales
    JOIN analytics.dim_customers USING (customer_no) JOIN analytics.dim_products USING (sku)
    JOIN analytics.dim_stores USING (store_code) JOIN analytics.dim_dates USING (date_day)`);
  expect(joined).toEqual(
    await source.query("SELECT count(*), sum(quantity * unit_price - discount) FROM shop.order_items"),
  );
  const unknown = "SELECT count(*) FROM analytics.fct_sales WHERE customer_no = 'walk-in'";
  expect(await warehouse.query(unknown)).toEqual(
    await source.query(
      "SELECT count(*) FROM shop.order_items JOIN shop.orders USING (order_id) WHERE customer_no IS NULL",
    ),
  );
  expect(
    await warehouse.query(`SELECT count(*), min(date_day) AS first, max(date_day) AS last,
    count(*) = max(date_day) - min(date_day) + 1 AS complete FROM analytics.dim_dates`),
  ).toEqual([{ count: "730", first: "2024-01-01", last: "2025-12-30", complete: "t" }]);
  const reviews = Array.from({ length: 500 }, (_, index) => ({
    sku: 1 + ((index * 5) % 36),
    stars: 1 + ((index * 7) % 5),
  }));
  const first = reviews.filter(({ sku }) => sku === 1).map(({ stars }) => stars);
  const mean = first.reduce((sum, stars) => sum + stars, 0) / first.length;
  expect(
    await warehouse.query("SELECT name, category, reviews, stars FROM analytics.dim_products WHERE sku = 'TEA-001'"),
  ).toEqual([
    { name: 'Assam "Golden Tips"', category: "Black tea", reviews: String(first.length), stars: mean.toFixed(2) },
  ]);
});
