import type { SourceDefinition } from "../manifest/node.ts";
import type { NodeResult } from "../run/node-result.ts";
import { type Heading, metadataOf } from "./heading.ts";
import { jsonText } from "./json-text.ts";
import { adapterResponse, elapsedSeconds, timingOf } from "./run-results-json.ts";

/** sources.json, version 3: https://schemas.getdbt.com/dbt/sources/v3.json. */
export function sourcesJson(
  results: readonly NodeResult[],
  sources: ReadonlyMap<string, SourceDefinition>,
  heading: Heading,
): string {
  return jsonText({
    metadata: metadataOf("sources", heading),
    results: results.flatMap((result) => {
      const source = sources.get(result.id);
      return source === undefined ? [] : [resultOf(result, source)];
    }),
    elapsed_time: elapsedSeconds(heading),
  });
}

function resultOf(result: NodeResult, source: SourceDefinition) {
  const { id, status, freshness, message, seconds, thread, response } = result;
  if (freshness === undefined) return { unique_id: id, error: message, status };
  return {
    unique_id: id,
    max_loaded_at: freshness.maxLoadedAt,
    snapshotted_at: freshness.snapshottedAt,
    max_loaded_at_time_ago_in_s: freshness.age,
    status,
    criteria: source.freshness,
    adapter_response: adapterResponse(response),
    timing: timingOf(result),
    thread_id: thread,
    execution_time: seconds,
  };
}
