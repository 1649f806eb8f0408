import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { REPOSITORY } from "../cluster/directories.ts";

const SAMPLES = join(REPOSITORY, "config/samples");

/** What a sample's quickstart.yaml says. Beside it lie kustomization.yaml (the pipelines), the runs and demo/kustomization.yaml. */
const Sample = z.strictObject({
  namespace: z.string(),
  /** Files of the sample's folder with one PipelineRun each. Each is created when the one before it has succeeded. */
  runs: z.array(z.string()).min(1).default(["run.yaml"]),
  /** Workloads of the demo that have to be ready before a run, such as statefulset/source. */
  workloads: z.array(z.string()),
  /** Servers of the demo whose images are built for it, beside Postgres: an S3 server. */
  servers: z.array(z.enum(["versitygw"])).default([]),
  /** A query whose rows are shown at the end, and the pod whose psql runs it. */
  result: z.strictObject({ pod: z.string(), table: z.string(), query: z.string() }),
  /** A file of the sample's folder that is worth changing, and what to do there. */
  change: z.strictObject({ file: z.string(), how: z.string() }),
});
export type Sample = z.infer<typeof Sample> & { readonly name: string; readonly directory: string };

/** Reads a sample by the name of its folder. Throws with the names there are. */
export async function readSample(name: string): Promise<Sample> {
  const names = await sampleNames();
  if (!names.includes(name)) throw new Error(`there is no sample ${name}: expected one of ${names.join(", ")}`);
  const directory = join(SAMPLES, name);
  const text = await readFile(join(directory, "quickstart.yaml"), "utf8");
  const read = Sample.safeParse(parse(text));
  if (!read.success) throw new Error(`${join(directory, "quickstart.yaml")}: ${z.prettifyError(read.error)}`);
  return { ...read.data, name, directory };
}

/** The folders of config/samples that can be started. */
export async function sampleNames(): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(SAMPLES, { withFileTypes: true })) {
    const files = entry.isDirectory() ? await readdir(join(SAMPLES, entry.name)) : [];
    if (files.includes("quickstart.yaml")) found.push(entry.name);
  }
  return found.sort();
}
