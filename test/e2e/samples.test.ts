import { expect, test } from "vitest";
import type { NodeReportStatus } from "#api/node-report.ts";
import type { PipelineStatus } from "#api/pipeline.ts";
import { Random } from "../../config/base/demo/store/random.mts";
import { makeCredits } from "../../config/samples/netflix/demo/credits.mts";
import { makeTitles } from "../../config/samples/netflix/demo/titles.mts";
import { answer } from "../../config/samples/posts/demo/answers.mts";
import { makeCustomers } from "../../config/samples/showcase/demo/objects.mts";
import { objects as songplaysObjects } from "../../config/samples/songplays/demo/objects.mts";
import { ROOT } from "../support/cluster/chart.ts";
import { mustKubectl } from "../support/cluster/cluster.ts";
import {
  applyPipeline,
  createRun,
  eventually,
  finishedRun,
  getJson,
  type Run,
  sql,
  verdictOf,
} from "../support/cluster/kind.ts";
import { parquetOf } from "../support/loads/parquet-file.ts";

/** What the quick start of a sample has left in its namespace. */
function leftBy(sample: string) {
  const namespace = `kelt-${sample}`;
  return {
    rows: (statement: string, database: "source" | "warehouse" = "warehouse") => sql(database, statement, namespace),
    /** The last run of a pipeline must have succeeded. */
    expectSuccess: (pipeline: string): void => {
      const { status } = getJson("pipeline", pipeline, namespace) as { readonly status: PipelineStatus };
      expect(status.lastRun).toMatchObject({ result: "Succeeded" });
    },
    /** Runs the sample once more. */
    runAgain: async (): Promise<Run> => {
      const file = `${ROOT}config/samples/${sample}/run.yaml`;
      const args = ["create", "-n", namespace, "-f", file, "-o", "jsonpath={.metadata.name}"];
      const run = await finishedRun(mustKubectl(args).trim(), namespace);
      expect(verdictOf(run)).toBe("True Succeeded");
      return run;
    },
  };
}

test("posts: every post of the API is in the warehouse, and its bucket comes and goes with each run", async () => {
  const { rows, expectSuccess, runAgain } = leftBy("posts");
  expectSuccess("posts");
  const posts = JSON.parse(answer(new URL("http://api/posts")) ?? "") as {
    id: number;
    userId: number;
    title: string;
    body: string;
  }[];
  const { status, metadata } = await runAgain();
  expect(status.nodes?.raw).toMatchObject({ rows: posts.length, message: "1 table, 100 rows; bucket posts removed" });
  const stored = rows(
    "select json_agg(json_build_array(post_id, user_id, title, body) order by post_id) from analytics.stg_posts",
  );
  expect(JSON.parse(stored)).toEqual(posts.map(({ id, userId, title, body }) => [id, userId, title, body]));
  const counted = rows("select user_id || ' ' || posts from analytics.fct_posts order by user_id").split("\n");
  expect(counted).toEqual(Array.from({ length: 10 }, (_, index) => `${index + 1} 10`));
  const items = await eventually("every model and test of the project with its state", () => {
    const report = getJson("nodereport", `${metadata.name}-models`, "kelt-posts") as { status?: NodeReportStatus };
    const found = report.status?.items ?? [];
    return found.every(({ state }) => state === "Succeeded") && found.length === 10 ? found : undefined;
  });
  const models = items.filter(({ kind }) => kind === "model").map(({ name }) => name);
  expect(models.toSorted()).toEqual(["fct_posts", "stg_posts"]);
});

test("songplays: every event and song of the bucket is in the warehouse once, however often it ran", async () => {
  const { rows, expectSuccess, runAgain } = leftBy("songplays");
  expectSuccess("songplays");
  await runAgain();
  const made = [...songplaysObjects(new Random(1))];
  const events = made
    .filter(([key]) => key.startsWith("log_data/"))
    .flatMap(([, text]) => text.trimEnd().split("\n"))
    .map((line) => JSON.parse(line) as { readonly page: string; readonly ts: number });
  const times = events.reduce((sum, { ts }) => sum + BigInt(ts), 0n);
  expect(rows("select count(*), sum(ts) from staging.staging_events")).toBe(`${events.length}|${times}`);
  expect(rows("select count(*), count(distinct song_id) from staging.staging_songs")).toBe("70|70");
  const plays = events.filter(({ page }) => page === "NextSong");
  expect(rows("select count(*), count(distinct songplay_id) from analytics.songplays")).toBe(
    `${plays.length}|${plays.length}`,
  );
});

test("netflix: titles and credits are in the warehouse, with the line ends and quotes of their cells", () => {
  const { rows, expectSuccess } = leftBy("netflix");
  expectSuccess("netflix");
  const random = new Random(1);
  const titles = makeTitles(random);
  const credits = makeCredits(random, titles);
  const count = (part: string) => titles.filter(({ description }) => description?.includes(part)).length;
  const counts = `select count(*), count(description), count(*) filter (where description like E'%\\r\\n\\r\\n"%'),
    count(*) filter (where description like '%[subtitled]%') from raw.titles`;
  const described = titles.filter(({ description }) => description !== null).length;
  expect(rows(counts)).toBe([6_250, described, count('\r\n\r\n"'), count("[subtitled]")].join("|"));
  const people = credits.reduce((sum, { person_id: person }) => sum + person, 0);
  expect(rows("select count(*), sum(person_id) from raw.credits")).toBe(`81357|${people}`);
  expect(rows("select count(*) from analytics.fct_credits join analytics.dim_titles using (title_id)")).toBe("81357");
});

test("showcase: four pipelines build a star that holds what the API, the files and the database hold", () => {
  const { rows, expectSuccess } = leftBy("showcase");
  const names = ["extract-api-data", "process-csv-files", "extract-shop-database", "dbt-transformation"];
  for (const name of names) expectSuccess(name);
  const lines = "select count(*), sum(quantity * unit_price - discount), sum(quantity) from shop.order_items";
  expect(rows("select count(*), sum(amount), sum(quantity) from analytics.fct_sales")).toBe(rows(lines, "source"));
  const star = `select count(*) from analytics.fct_sales join analytics.dim_customers using (customer_no)
    join analytics.dim_products using (sku) join analytics.dim_stores using (store_code) join analytics.dim_dates using (date_day)`;
  expect(rows(star)).toBe(rows("select count(*) from shop.order_items", "source"));
  const notes = makeCustomers(new Random(1)).map(({ notes: note }) => note);
  expect(JSON.parse(rows("select json_agg(notes order by customer_no) from raw.customers"))).toEqual(notes);
  expect(rows("select slogan from raw.stores where code = 'lis-01'")).toBe("Chá às cinco\nou às seis");
  expect(rows("select count(*), count(distinct id) from raw.reviews")).toBe("500|500");
});

test("a Parquet file and the answers of an API are loaded straight, by pods with the memory that they have by default", async () => {
  const namespace = "kelt-showcase";
  const { rows } = leftBy("showcase");
  const put = `import { putObject } from "/srv/bucket.mts"; import { text } from "node:stream/consumers";
    const { ENDPOINT: endpoint, ACCESS_KEY: accessKey, SECRET_KEY: secretKey } = process.env;
    await putObject({ endpoint, name: "showcase", accessKey, secretKey }, "parquet/lots.parquet", Buffer.from(await text(process.stdin), "base64"));`;
  const file = await parquetOf(
    "select i as id, 'tea ' || i as name, (i / 8)::decimal(18,4) as price, date '2025-01-01' + (i % 300)::int as day from range(20000) t(i)",
    ", compression zstd",
  );
  const node = ["exec", "-i", "-n", namespace, "deploy/store", "-c", "filler", "--", "node", "--input-type=module"];
  mustKubectl([...node, "-e", put], file.toString("base64"));
  const warehouse = { connection: "warehouse", schema: "straight" };
  const spec = {
    connections: {
      api: { http: { baseUrl: "http://api:8080/v1", auth: { apiKey: { header: "X-Api-Key" } }, secretRef: "api" } },
      lake: { s3: { bucket: "showcase", endpoint: "http://store:7070", secretRef: "store" } },
      warehouse: { postgres: { secretRef: "warehouse" } },
    },
    nodes: {
      lots: { load: { from: { connection: "lake", files: { lots: "parquet/lots.parquet" } }, to: warehouse } },
      reviews: {
        load: {
          from: {
            connection: "api",
            http: {
              path: "reviews",
              records: "data.reviews",
              paging: { cursor: { param: "after", field: "data.next" } },
            },
          },
          to: { ...warehouse, table: "reviews" },
        },
      },
    },
  };
  await applyPipeline("straight", spec, namespace);
  const run = await finishedRun(createRun("straight", {}, namespace), namespace);
  expect(verdictOf(run), JSON.stringify(run.status.nodes)).toBe("True Succeeded");
  expect(rows("select count(*), sum(id), sum(price), max(day) from straight.lots")).toBe(
    "20000|199990000|24998750.0000|2025-10-27",
  );
  expect(rows("select count(*), count(distinct id), sum(stars) from straight.reviews")).toBe("500|500|1500");
  mustKubectl(["delete", "pipeline", "straight", "-n", namespace]);
  rows("drop schema straight cascade");
});
