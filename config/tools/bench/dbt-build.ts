import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { Transform } from "#api/transform.ts";
import { dbtPython } from "../../../test/dbt/engine/python.ts";
import { macroPackages } from "../../../test/support/dbt/macro-packages.ts";
import { temporaryDirectory } from "../../../test/support/machine/temporary-directory.ts";
import type { LossyProxy } from "../../../test/support/servers/lossy-proxy.ts";
import type { PostgresServer, TestDatabase } from "../../../test/support/servers/postgres.ts";
import { aTask } from "../../../test/support/tasks/task.ts";
import { bundle } from "../../images/bundle.ts";
import { imageEnvironment, type Measured, measureProgram, measureTask } from "./measured-task.ts";

/** Texts by path. */
export type ProjectFiles = Readonly<Record<string, string>>;

/** Both engines, ready to build projects into databases of one server, each from the start of its process to its end. */
export interface Builders {
  readonly kelt: (files: ProjectFiles, threads: number, proxy?: LossyProxy) => Promise<Measured>;
  readonly dbt: (files: ProjectFiles, threads: number, proxy?: LossyProxy) => Promise<Measured>;
}

/** Bundles the task image's program, brings dbt's macros, and installs real dbt where it is missing. */
export async function prepareBuilders(server: PostgresServer): Promise<Builders> {
  const main = join((await bundle("task")).folder, "main.mjs");
  const { macros } = await macroPackages();
  await imageEnvironment(main);
  const python = await dbtPython();
  return {
    kelt: async (files, threads, proxy) => {
      const warehouse = await server.createDatabase();
      const folders = { KELT_PROJECT_DIRECTORY: writeProject(files), KELT_MACRO_DIRECTORY: macros };
      return await measureKelt(main, folders, { warehouse, threads, proxy });
    },
    dbt: async (files, threads, proxy) => {
      const warehouse = await server.createDatabase();
      return await measureDbt(python, writeProject(files), { warehouse, threads, proxy });
    },
  };
}

interface Build {
  readonly warehouse: TestDatabase;
  readonly threads: number;
  readonly proxy: LossyProxy | undefined;
}

async function measureKelt(
  main: string,
  folders: Readonly<Record<string, string>>,
  { warehouse, threads, proxy }: Build,
): Promise<Measured> {
  const claim = { persistentVolumeClaim: { claimName: "project" } };
  const said = { connection: "warehouse", schema: "dbt", project: claim, command: "build", threads };
  const work = { verb: "transform" as const, transform: Transform.parse(said) };
  const connection = warehouse.connection(proxy === undefined ? {} : { port: String(proxy.port) });
  const spec = aTask({ work, connections: { warehouse: connection } });
  return await measureTask(main, spec, folders);
}

async function measureDbt(python: string, project: string, { warehouse, threads, proxy }: Build): Promise<Measured> {
  const { host, port, user, password } = warehouse.server;
  const login = { host, port: proxy?.port ?? Number(port), user, password, dbname: warehouse.name };
  const output = { type: "postgres", ...login, schema: "dbt", threads };
  const profiles = temporaryDirectory("bench-profiles");
  writeFileSync(join(profiles, "profiles.yml"), stringify({ lab: { target: "lab", outputs: { lab: output } } }));
  const folders = ["--project-dir", project, "--profiles-dir", profiles];
  return await measureProgram(python, [join(dirname(python), "dbt"), "build", "--quiet", ...folders], {
    PATH: process.env.PATH,
    HOME: profiles,
    DBT_SEND_ANONYMOUS_USAGE_STATS: "false",
    DBT_VERSION_CHECK: "false",
  });
}

function writeProject(files: ProjectFiles): string {
  const folder = temporaryDirectory("bench-project");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
