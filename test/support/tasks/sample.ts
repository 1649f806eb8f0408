import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parse } from "yaml";
import { PipelineSpec } from "#api/pipeline.ts";
import type { TaskConnection } from "#api/task.ts";
import { resolveNode } from "../../../operator/expressions/resolve-node.ts";
import { taskSpecOf } from "../../../operator/job/task-spec.ts";
import { resolveParams } from "../../../operator/params/resolve-params.ts";
import type { Outcome } from "../../../task-image/commands/command.ts";
import { loadCommand } from "../../../task-image/task.ts";
import { docsPage } from "../dbt/docs-page.ts";
import { macroPackages } from "../dbt/macro-packages.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import { aContext } from "./task.ts";

const SAMPLES = join(import.meta.dirname, "../../../config/samples");

/** A pipeline of config/samples whose nodes run in the test's process. */
export interface SamplePipeline {
  /** Runs a node as its Job would. `uid` is the run's. */
  run(node: string, uid: string): Promise<Outcome>;
}

/** Reads a pipeline of a sample. Its connections lead to the servers of the test that stand under their names. */
export function readSamplePipeline(
  sample: string,
  connections: Readonly<Record<string, TaskConnection>>,
  file = "pipeline.yaml",
): SamplePipeline {
  const folder = join(SAMPLES, sample);
  const { spec } = parse(readFileSync(join(folder, file), "utf8")) as { spec: unknown };
  return samplePipeline(sample, spec, connections, mountProject(folder));
}

/** The nodes of a pipeline of a sample, by its spec. */
export function samplePipeline(
  sample: string,
  spec: unknown,
  connections: Readonly<Record<string, TaskConnection>>,
  projectDirectory: string = temporaryDirectory("models"),
): SamplePipeline {
  const declared = PipelineSpec.parse(spec);
  const resolved = resolveParams(declared.params ?? {}, {}, {});
  const params = resolved.ok ? resolved.values : expect.fail(JSON.stringify(resolved.faults));
  return {
    run: async (name, uid) => {
      const pipeline = resolveNode(declared, name, { params });
      const node = pipeline.nodes[name] ?? expect.fail(`no node ${name}`);
      const run = { namespace: `kelt-${sample}`, pipeline: sample, name: `${sample}-1`, uid };
      const task = taskSpecOf(run, { name, node, attempt: 1 }, pipeline) ?? expect.fail("no task");
      const used = Object.fromEntries(Object.entries(connections).filter(([key]) => key in task.connections));
      const command = await loadCommand({ ...task, connections: used });
      const isDocs = node.transform?.command === "docs";
      const page = isDocs ? { pageFile: await docsPage() } : {};
      return await command(aContext({ projectDirectory, macroDirectory: (await macroPackages()).macros, ...page }));
    },
  };
}

/** The dbt project as the sample's ConfigMap mounts it: one file for each key. */
function mountProject(folder: string): string {
  const directory = temporaryDirectory("models");
  const { configMapGenerator } = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8")) as {
    readonly configMapGenerator: readonly { readonly files: readonly string[] }[];
  };
  for (const file of configMapGenerator.flatMap(({ files }) => files)) {
    const [key = "", path = key] = file.split("=");
    copyFileSync(join(folder, path), join(directory, key));
  }
  return directory;
}

/** The texts of all files below a folder. */
export function sampleFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
