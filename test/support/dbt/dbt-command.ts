import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskSpec } from "#api/task.ts";
import { Transform } from "#api/transform.ts";
import type { CommandContext } from "../../../task-image/commands/command.ts";
import { transform } from "../../../task-image/commands/transform.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import type { TestDatabase } from "../servers/postgres.ts";
import { aContext, aTask } from "../tasks/task.ts";
import { docsPage } from "./docs-page.ts";
import { macroPackages } from "./macro-packages.ts";

/** Files of a ConfigMap by its keys: folders are written with dots. */
export type ConfigMapFiles = Readonly<Record<string, string | Buffer>>;

/** The folder that the kubelet makes of a ConfigMap: links through `..data` to a folder with the time in its name. */
export function mountConfigMap(files: ConfigMapFiles, directory = temporaryDirectory("project")): string {
  const version = "..2026_01_01_00_00_00.1";
  mkdirSync(join(directory, version), { recursive: true });
  symlinkSync(version, join(directory, "..data"));
  for (const [key, text] of Object.entries(files)) {
    writeFileSync(join(directory, version, key), text);
    symlinkSync(join("..data", key), join(directory, key));
  }
  return directory;
}

/** Runs a transform node over a project in a ConfigMap, `build` into the schema `dbt` unless the fields say otherwise. */
export async function runTransform(
  warehouse: TestDatabase,
  files: ConfigMapFiles,
  fields: object = {},
  task: Partial<TaskSpec> & { readonly uid?: string } = {},
) {
  return await runTransformAt(warehouse, mountConfigMap(files), fields, task);
}

/** The same of a project that is mounted at a directory. */
export async function runTransformAt(
  warehouse: TestDatabase,
  projectDirectory: string,
  fields: object = {},
  task: Partial<TaskSpec> & { readonly uid?: string } = {},
  settings: Partial<CommandContext> = {},
) {
  const said = { connection: "warehouse", schema: "dbt", project: { configMap: "shop" }, command: "build", ...fields };
  const work = { verb: "transform" as const, transform: Transform.parse(said) };
  const page = work.transform.command === "docs" ? { pageFile: await docsPage() } : {};
  const context = aContext({ projectDirectory, macroDirectory: (await macroPackages()).macros, ...page, ...settings });
  const spec = aTask({ ...task, work, connections: { warehouse: warehouse.connection(), ...task.connections } });
  const outcome = await transform(spec, context).catch((error: unknown) => error);
  const items = context.progress.all();
  const states = Object.fromEntries(items.map(({ name, state }) => [name, state]));
  return { outcome, states, items, log: context.lines.join("\n") };
}
