import type { Heading } from "../dbt/artifacts/heading.ts";
import { manifestJson } from "../dbt/artifacts/manifest-json.ts";
import { runResultsJson } from "../dbt/artifacts/run-results-json.ts";
import { sourcesJson } from "../dbt/artifacts/sources-json.ts";
import { DBT_VERSION } from "../dbt/context/dbt-version.ts";
import type { MacroNode, ManifestNode } from "../dbt/manifest/node.ts";
import { hasFailed, type NodeResult } from "../dbt/run/node-result.ts";
import type { RunInput } from "../dbt/run/run-input.ts";
import { TaskFailure } from "../errors.ts";
import type { ObjectStore } from "../object-store/object-store.ts";
import { openObjectStore } from "../object-store/opening.ts";
import { publicText } from "../words/hidden-text.ts";
import type { CommandContext, SpecOf } from "./command.ts";

/** Where the artifacts of the latest success are, below the prefix. */
export const SUCCEEDED = "succeeded/";

export interface Ended {
  readonly input: RunInput;
  readonly macros: ReadonlyMap<string, MacroNode>;
  readonly results: readonly NodeResult[];
}

/**
 * Writes the artifacts of a command that has ended, where the node names a place for them: run_results.json or sources.json first,
 * manifest.json last. After a failure of the project one of the store is only said; after a success it fails the task.
 */
export async function writeArtifacts(spec: SpecOf<"transform">, context: CommandContext, ended: Ended): Promise<void> {
  const { artifacts } = spec.work.transform;
  if (artifacts === undefined) return;
  const isSuccess = !ended.results.some(hasFailed);
  try {
    await using store = await openObjectStore(spec, artifacts.connection, context);
    const texts = textsOf(spec, context, ended);
    const folders = isSuccess ? ["", SUCCEEDED] : [""];
    for (const [name, text] of texts) {
      for (const folder of folders) await write(store, `${artifacts.prefix}${folder}${name}`, text);
    }
    context.log.info("artifacts written", { to: store.uri(artifacts.prefix), objects: texts.size * folders.length });
  } catch (error) {
    if (isSuccess || !(error instanceof TaskFailure)) throw error;
    context.log.error("the artifacts are not written", { problem: error.message });
  }
}

async function write(store: ObjectStore, key: string, text: string): Promise<void> {
  await store.write(key, Buffer.from(text), key.endsWith(".json") ? "application/json" : "text/plain; charset=utf-8");
}

/** The texts of the artifacts, by their names below the prefix, in the order in which they are written. */
function textsOf(
  spec: SpecOf<"transform">,
  context: CommandContext,
  { input, macros, results }: Ended,
): Map<string, string> {
  const { manifest, does } = input;
  const heading = headingOf(input, context);
  const shown = results.map((each) => ({ ...each, message: context.redactor.redact(publicText(each.message)) }));
  const outcome: readonly [string, string] =
    does === "freshness"
      ? ["sources.json", sourcesJson(shown, manifest.sources, heading)]
      : ["run_results.json", runResultsJson({ results: shown, nodes: manifest.nodes, heading, args: argsOf(spec) })];
  return new Map([
    ...(does === "compile" ? compiledFiles(manifest.nodes, results) : []),
    outcome,
    ["manifest.json", manifestJson({ manifest, macros, results, heading })],
  ]);
}

/** What the artifacts of a run say of it. */
export function headingOf({ invocationId, startedAt }: RunInput, { wallClock }: CommandContext): Heading {
  return { dbtVersion: DBT_VERSION, invocationId, startedAt, generatedAt: BigInt(wallClock()) * 1000n };
}

function argsOf({ work }: SpecOf<"transform">) {
  const { command, select = [], exclude = [], selector = null, fullRefresh = false } = work.transform;
  return { which: command, select, exclude, selector, full_refresh: fullRefresh };
}

/** The SQL of each node, where dbt keeps it below `target/`. */
function compiledFiles(
  nodes: ReadonlyMap<string, ManifestNode>,
  results: readonly NodeResult[],
): (readonly [string, string])[] {
  return results.flatMap(({ id, compiledCode }) => {
    const node = nodes.get(id);
    return node === undefined || compiledCode === null ? [] : [[`compiled/${placeOf(node)}`, compiledCode] as const];
  });
}

/** A generic test has a file of its own below the properties file that asks for it. */
function placeOf(node: ManifestNode): string {
  const isGeneric = node.resource_type === "test" && node.test_metadata !== undefined;
  return `${node.package_name}/${node.original_file_path}${isGeneric ? `/${node.path}` : ""}`;
}
