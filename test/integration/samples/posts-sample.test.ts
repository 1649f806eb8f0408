import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TaskConnection } from "#api/task.ts";
import { answer } from "../../../config/samples/posts/demo/answers.mts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { startHttpApi } from "../../support/servers/http-api.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { type S3Server, startS3Server } from "../../support/servers/versitygw.ts";
import { readSamplePipeline } from "../../support/tasks/sample.ts";

const POSTS = answer(new URL("http://api/posts")) ?? "";

let server: PostgresServer;
let s3: S3Server;
let warehouse: TestDatabase;

beforeAll(async () => {
  [server, s3] = await Promise.all([startPostgres(), startS3Server()]);
  warehouse = await server.createDatabase();
});
afterAll(async () => {
  await server?.stop();
  await s3?.stop();
});

test("posts go from the API through the bucket to a table of posts per user, again and again", async () => {
  await using api = await startHttpApi(({ url, headers }) => {
    const isWelcome = headers.authorization === "Bearer demo-token";
    return isWelcome ? { body: answer(url) ?? "" } : { status: 401 };
  });
  const secretDirectory = temporaryDirectory("api");
  writeFileSync(join(secretDirectory, "token"), "demo-token\n");
  const connections: Readonly<Record<string, TaskConnection>> = {
    api: { kind: "http", secretName: "api", secretDirectory, baseUrl: api.origin, auth: { bearer: {} } },
    lake: s3.connection("posts"),
    warehouse: warehouse.connection(),
  };
  const pipeline = readSamplePipeline("posts", connections);
  for (const uid of ["uid-1", "uid-2"]) {
    expect(await pipeline.run("landed", uid)).toMatchObject({ rows: 100 });
    expect(await pipeline.run("raw", uid)).toMatchObject({ message: "1 table, 100 rows; bucket posts removed" });
    expect(await pipeline.run("models", uid)).toMatchObject({ tests: { passed: 8, failed: 0, errored: 0 } });
    expect(await pipeline.run("quality", uid)).toMatchObject({ tests: { passed: 1, failed: 0, errored: 0 } });
  }
  const stored = await warehouse.query(
    "SELECT post_id, user_id, title, body FROM analytics.stg_posts ORDER BY post_id",
  );
  const given = JSON.parse(POSTS) as { id: number; userId: number; title: string; body: string }[];
  expect(stored).toEqual(
    given.map(({ id, userId, title, body }) => ({ post_id: String(id), user_id: String(userId), title, body })),
  );
});
