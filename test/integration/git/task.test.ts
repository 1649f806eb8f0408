import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CONTRACT_VERSION } from "#api/task.ts";
import { macroPackages } from "../../support/dbt/macro-packages.ts";
import { mountSecret } from "../../support/git/fetched.ts";
import { type GitHttpsServer, startGitHttps } from "../../support/git/https-server.ts";
import { GitRepository } from "../../support/git/repository.ts";
import { type SshServer, startSshd } from "../../support/git/sshd.ts";
import { until } from "../../support/machine/until.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { aTask } from "../../support/tasks/task.ts";
import { runTask, startTask } from "../../support/tasks/task-process.ts";

let server: PostgresServer;
let warehouse: TestDatabase;
let ssh: SshServer;
let https: GitHttpsServer;
let hangs = false;
const repository = new GitRepository();

beforeAll(async () => {
  const instead: NonNullable<Parameters<typeof startGitHttps>[1]>["instead"] = ({ method }) =>
    hangs && method === "POST";
  [server, ssh, https] = await Promise.all([startPostgres(), startSshd(), startGitHttps(repository.root, { instead })]);
});
afterAll(async () => {
  await Promise.all([server?.stop(), ssh?.stop(), https?.stop()]);
});
beforeEach(async () => {
  hangs = false;
  warehouse = await server.createDatabase();
});

const files = (id: number) => ({ "dbt/dbt_project.yml": "name: shop", "dbt/models/one.sql": `select ${id} as id` });
const byHttps = () => ({ url: `${https.url}/${repository.name}`, secret: { "ca.crt": https.certificate } });
const bySsh = () => ({
  url: `ssh://${ssh.user}@localhost:${ssh.port}${repository.path}`,
  secret: { "ssh-privatekey": ssh.privateKey, known_hosts: ssh.knownHosts },
});

function taskOf(
  { url, secret }: { readonly url: string; readonly secret: Readonly<Record<string, string>> },
  more = {},
) {
  const project = { git: { url, ref: "main", path: "dbt", secretRef: "models" } };
  const transform = { connection: "warehouse", schema: "dbt", project, command: "build" as const };
  const spec = aTask({
    work: { verb: "transform", transform },
    connections: { warehouse: warehouse.connection() },
    node: "models",
  });
  return { spec: { ...spec, ...more }, secret: mountSecret(secret) };
}

const environment = async (secret: string) => ({
  KELT_GIT_SECRET_DIRECTORY: secret,
  KELT_MACRO_DIRECTORY: (await macroPackages()).macros,
});

test.each([
  ["https", byHttps],
  ["ssh", bySsh],
])("a task builds a project from git by %s, and its result has the commit", async (_, server) => {
  const commit = repository.commit(files(1));
  const { spec, secret } = taskOf(server());
  const task = await runTask(spec, await environment(secret));
  expect(task.parsed).toMatchObject({ outcome: "succeeded", message: "1 node: 1 success", commit });
  expect(await warehouse.query("SELECT id FROM dbt.one")).toEqual([{ id: "1" }]);
});

test("a task that is told the run's commit builds that one, whatever was pushed since", async () => {
  const commit = repository.commit(files(2));
  repository.commit(files(3));
  const { spec, secret } = taskOf(byHttps(), { commit });
  const task = await runTask(spec, await environment(secret));
  expect(task.parsed).toMatchObject({ outcome: "succeeded", commit });
  expect(await warehouse.query("SELECT id FROM dbt.one")).toEqual([{ id: "2" }]);
});

test("a task that is killed while it fetches has left the commit, so that the next attempt gets the same", async () => {
  const commit = repository.commit(files(4));
  hangs = true;
  const { spec, secret } = taskOf(byHttps());
  const before = https.requests.length;
  const task = startTask(spec, await environment(secret));
  await until("the objects are asked for", () => https.requests.slice(before).some((one) => one.startsWith("POST")));
  task.process.kill("SIGKILL");
  const { result } = await task.ended;
  const { run, node, attempt } = { run: spec.run.uid, node: "models", attempt: 1 };
  expect(JSON.parse(result)).toEqual({ version: CONTRACT_VERSION, run, node, attempt, commit });
});

test("SIGTERM is obeyed while a repository is fetched, and the result has the commit", async () => {
  const commit = repository.commit(files(5));
  hangs = true;
  const { spec, secret } = taskOf(byHttps());
  const before = https.requests.length;
  const task = startTask(spec, await environment(secret));
  await until("the objects are asked for", () => https.requests.slice(before).some((one) => one.startsWith("POST")));
  task.process.kill("SIGTERM");
  const { exitCode, result } = await task.ended;
  expect(exitCode).toBe(143);
  expect(JSON.parse(result)).toMatchObject({
    outcome: "failed",
    error: { kind: "transient", code: "Stopped" },
    commit,
  });
});

test("no secret is in what a task prints and leaves, whatever the server refuses", async () => {
  repository.commit(files(6));
  const { spec, secret } = taskOf({
    url: bySsh().url,
    secret: { ...bySsh().secret, "ssh-privatekey": "n0-key-at-all" },
  });
  const task = await runTask(spec, await environment(secret));
  expect(task.parsed.error).toMatchObject({ kind: "configuration", code: "SecretIncomplete" });
  expect(task.output + task.result).not.toContain("n0-key-at-all");
});
