import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { readSamplePipeline } from "../../support/tasks/sample.ts";

const FACTS = join(import.meta.dirname, "../../../config/samples/films/demo/facts");

let server: PostgresServer;
let source: TestDatabase;
let warehouse: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  [source, warehouse] = await Promise.all([server.createDatabase(), server.createDatabase()]);
  for (const file of readdirSync(FACTS).sort()) await source.query(readFileSync(join(FACTS, file), "utf8"));
});
afterAll(async () => {
  await server?.stop();
});

async function value(sql: string): Promise<string | null | undefined> {
  const [row] = await warehouse.query(sql);
  return Object.values(row ?? {})[0];
}

test("films go from the source through the models to the result table that the demo shows, again and again", async () => {
  const connections = { source: source.connection(), warehouse: warehouse.connection() };
  const pipeline = readSamplePipeline("films", connections);
  const digest = "SELECT md5(string_agg(r::text, '' ORDER BY film_id)) FROM analytics.film_ratings r";
  const digests = new Set<string | null | undefined>();
  for (const uid of ["uid-1", "uid-2"]) {
    await pipeline.run("raw", uid);
    expect(await pipeline.run("models", uid)).toMatchObject({ tests: { passed: 11, failed: 0, errored: 0 } });
    expect(await pipeline.run("quality", uid)).toMatchObject({ tests: { passed: 2, failed: 0, errored: 0 } });
    digests.add(await value(digest));
  }
  expect(digests.size).toBe(1);
  expect(
    await value(`SELECT string_agg(concat_ws(' ', relname, relkind), ', ' ORDER BY relname) FROM pg_class
      WHERE relnamespace = 'analytics'::regnamespace AND relkind IN ('r', 'v') AND relname NOT LIKE '\\_kelt%'`),
  ).toBe("film_ratings r, specific_movie v, stg_actors v, stg_film_actors v, stg_films v");
  const columns = await value(`SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'analytics.film_ratings'::regclass AND attnum > 0`);
  expect(columns).toBe("film_id, title, release_date, price, rating, user_rating, rating_category, actors");
  const wrong = await value(`SELECT count(*) FROM analytics.film_ratings r JOIN raw.films f USING (film_id)
    WHERE r.rating_category IS DISTINCT FROM CASE WHEN f.user_rating >= 4.5 THEN 'Excellent' WHEN f.user_rating >= 4.0 THEN 'Good'
      WHEN f.user_rating >= 3.0 THEN 'Average' ELSE 'Poor' END
    OR r.actors IS DISTINCT FROM (SELECT string_agg(actor_name, ', ' ORDER BY actor_name)
      FROM raw.film_actors JOIN raw.actors USING (actor_id) WHERE film_id = r.film_id)`);
  expect(wrong).toBe("0");
  expect(await value("SELECT string_agg(title, '|') FROM analytics.specific_movie")).toBe("Lanterns over Tromsø");
});
