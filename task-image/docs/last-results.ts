import type { PageResult, ResultState } from "./page-data.ts";

export const NO_RESULT: PageResult = {
  ...{ state: "none", message: "", at: null, seconds: null, rows: null, failures: null, age: null },
};

/** dbt's words for the ends of nodes, as people see them. */
const STATES: Readonly<Record<string, ResultState>> = {
  success: "succeeded",
  pass: "succeeded",
  "no-op": "succeeded",
  warn: "warned",
  fail: "failed",
  error: "failed",
  "runtime error": "failed",
  "partial success": "failed",
  skipped: "skipped",
};

/**
 * The last results by unique id, of the texts of run_results.json and sources.json; of two results of a node the later one counts. A text
 * that is neither is left out.
 */
export function lastResults(texts: readonly string[]): ReadonlyMap<string, PageResult> {
  const found = new Map<string, PageResult>();
  for (const text of texts) {
    for (const [id, result] of resultsIn(text)) {
      const known = found.get(id);
      if (known === undefined || (known.at ?? "") <= (result.at ?? "")) found.set(id, result);
    }
  }
  return found;
}

type Json = Readonly<Record<string, unknown>>;

function resultsIn(text: string): readonly (readonly [string, PageResult])[] {
  const artifact = parsed(text);
  const { results, metadata } = artifact;
  const writtenAt = textOf(asJson(metadata).generated_at);
  if (!Array.isArray(results)) return [];
  return results.map(asJson).flatMap((each) => {
    const id = textOf(each.unique_id);
    return id === null ? [] : [[id, resultOf(each, id, writtenAt)] as const];
  });
}

function resultOf(each: Json, id: string, writtenAt: string | null): PageResult {
  const state = STATES[textOf(each.status) ?? ""] ?? "none";
  const isStale = id.startsWith("source.") && each.status === "error";
  const steps = Array.isArray(each.timing) ? each.timing.map(asJson) : [];
  return {
    state: isStale ? "late" : state,
    message: textOf(each.message) ?? textOf(each.error) ?? "",
    at: textOf(each.snapshotted_at) ?? textOf(steps.at(-1)?.completed_at) ?? writtenAt,
    seconds: numberOf(each.execution_time),
    rows: positive(numberOf(asJson(each.adapter_response).rows_affected)),
    failures: numberOf(each.failures),
    age: numberOf(each.max_loaded_at_time_ago_in_s),
  };
}

/** Servers that count nothing say -1. */
function positive(rows: number | null): number | null {
  return rows !== null && rows >= 0 ? rows : null;
}

function parsed(text: string): Json {
  try {
    return asJson(JSON.parse(text));
  } catch {
    return {};
  }
}

function asJson(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
