import type { ManifestNode } from "../manifest/node.ts";
import type { DataMap } from "../project/data.ts";
import type { NodeResult, ServerResponse } from "../run/node-result.ts";
import { type Heading, isoTime, metadataOf } from "./heading.ts";
import { jsonText } from "./json-text.ts";

export interface RunResultsContent {
  readonly results: readonly NodeResult[];
  readonly nodes: ReadonlyMap<string, ManifestNode>;
  readonly heading: Heading;
  /** What the command was called with: `which`, `select`, …. */
  readonly args: DataMap;
}

/** run_results.json, version 6: https://schemas.getdbt.com/dbt/run-results/v6.json. */
export function runResultsJson({ results, nodes, heading, args }: RunResultsContent): string {
  return jsonText({
    metadata: metadataOf("run-results", heading),
    results: results.map((result) => resultOf(result, nodes.get(result.id))),
    elapsed_time: elapsedSeconds(heading),
    args,
  });
}

export function elapsedSeconds({ startedAt, generatedAt }: Heading): number {
  return Number(generatedAt - startedAt) / 1_000_000;
}

function resultOf(result: NodeResult, node: ManifestNode | undefined) {
  const { id, status, message, failures, seconds, thread, compiledCode } = result;
  return {
    status,
    timing: timingOf(result),
    thread_id: thread,
    execution_time: seconds,
    adapter_response: adapterResponse(result.response),
    message: message === "" ? null : message,
    failures,
    unique_id: id,
    compiled: node === undefined ? null : compiledCode !== null,
    compiled_code: compiledCode,
    relation_name: node?.relation_name ?? null,
    batch_results: null,
  };
}

export function timingOf({ steps }: Pick<NodeResult, "steps">) {
  return steps.map(({ name, startedAt, completedAt }) => ({
    name,
    started_at: isoTime(startedAt),
    completed_at: isoTime(completedAt),
  }));
}

export function adapterResponse(response: ServerResponse | null) {
  if (response === null) return {};
  const { message, code, rowsAffected } = response;
  return { _message: message, ...(code === null ? {} : { code }), rows_affected: rowsAffected };
}
