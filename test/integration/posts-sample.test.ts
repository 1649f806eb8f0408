import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { PipelineSpec } from "#api/pipeline.ts";
import type { TaskConnection, TaskWork } from "#api/task.ts";
import { taskSpecOf } from "../../operator/job/task-spec.ts";
import type { Outcome } from "../../task-image/commands/command.ts";
import { runCommand } from "../../task-image/task.ts";
import { startHttpApi } from "../support/http-api.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/postgres.ts";
import { aContext } from "../support/task.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { type S3Server, startS3Server } from "../support/versitygw.ts";

const SAMPLE = join(import.meta.dirname, "../../config/samples/posts");
const { spec } = parse(readFileSync(join(SAMPLE, "pipeline.yaml"), "utf8")) as { spec: unknown };
const PIPELINE = PipelineSpec.parse(spec);
const POSTS = readFileSync(join(SAMPLE, "demo/posts.json"), "utf8");

let server: PostgresServer;
let s3: S3Server;
let warehouse: TestDatabase;

beforeAll(async () => {
  [server, s3] = await Promise.all([startPostgres(), startS3Server()]);
  warehouse = await server.createDatabase();
});
afterAll(async () => {
  await server.stop();
  await s3.stop();
});

/** Runs a node of the sample as its Job would, with connections that lead to the servers of this test. */
async function runNode(
  name: string,
  connections: Readonly<Record<string, TaskConnection>>,
  uid: string,
): Promise<Outcome> {
  const node = PIPELINE.nodes[name] ?? expect.fail(`no node ${name}`);
  const run = { namespace: "kelt-posts", pipeline: "posts", name: "posts-1", uid };
  const task = taskSpecOf(run, { name, node, attempt: 1 }, PIPELINE) ?? expect.fail("no task");
  const used = Object.fromEntries(Object.entries(connections).filter(([key]) => key in task.connections));
  const work: TaskWork = task.work;
  return await runCommand({ ...task, work, connections: used }, aContext({ projectDirectory: projectDirectory() }));
}

function projectDirectory(): string {
  const directory = temporaryDirectory("posts-models");
  for (const file of readdirSync(join(SAMPLE, "models"))) {
    writeFileSync(join(directory, file), readFileSync(join(SAMPLE, "models", file)));
  }
  return directory;
}

test("posts go from the API by way of the bucket to a table of posts per user, again and again", async () => {
  await using api = await startHttpApi(({ url, headers }) => {
    const isWelcome = url.pathname === "/posts" && headers.authorization === "Bearer demo-token";
    return isWelcome ? { body: POSTS } : { status: 401 };
  });
  const secretDirectory = temporaryDirectory("posts-api");
  writeFileSync(join(secretDirectory, "token"), "demo-token\n");
  const connections: Readonly<Record<string, TaskConnection>> = {
    api: { kind: "http", secretName: "posts-api", secretDirectory, baseUrl: api.origin, auth: { bearer: {} } },
    lake: s3.connection("posts"),
    warehouse: warehouse.connection(),
  };
  for (const uid of ["uid-1", "uid-2"]) {
    expect(await runNode("landed", connections, uid)).toMatchObject({ rows: 100 });
    expect(await runNode("raw", connections, uid)).toMatchObject({ rows: 100 });
    expect(await runNode("models", connections, uid)).toMatchObject({ rows: 10 });
    expect(await runNode("quality", connections, uid)).toMatchObject({ tests: { passed: 5, failed: 0, errored: 0 } });
  }
  const stored = await warehouse.query(
    "SELECT post_id, user_id, title, body FROM analytics.stg_posts ORDER BY post_id",
  );
  const given = JSON.parse(POSTS) as { id: number; userId: number; title: string; body: string }[];
  expect(stored).toEqual(
    given.map(({ id, userId, title, body }) => ({ post_id: String(id), user_id: String(userId), title, body })),
  );
});
