import type { Position } from "../../jinja/position.ts";
import { ProblemError } from "../../jinja/problem.ts";
import { type Data, type DataMap, own } from "../project/data.ts";

const BATCH_SIZES = ["hour", "day", "month", "year"];

/**
 * Settings of a model that is built batch by batch: all that the batches are cut by is there, and its beginning is a time.
 *
 * @throws {ProblemError} for what is missing or cannot be meant.
 */
export function microbatchConfig(config: DataMap, at: Position): DataMap {
  const { event_time: time = null, batch_size: size = null, lookback = 1n } = config;
  if (typeof time !== "string") fail("event_time", "the name of a column", time, at);
  if (typeof size !== "string" || !BATCH_SIZES.includes(size))
    fail("batch_size", `one of ${BATCH_SIZES.join(", ")}`, size, at);
  if (typeof lookback !== "bigint" || lookback < 0n) fail("lookback", "a whole number of batches", lookback, at);
  return { ...config, begin: beginning(own(config, "begin") ?? null, at) };
}

/** `2025-01-01` and `2025-01-01 06:00:00` as ISO writes a time. */
function beginning(begin: Data, at: Position): string {
  const text = typeof begin === "string" ? begin.trim() : "";
  const [, date, time = "00:00:00"] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)?))?$/.exec(text) ?? [];
  if (date === undefined) return fail("begin", "a date or a time, such as 2025-01-31", begin, at);
  return `${date}T${/^\d\d:\d\d$/.test(time) ? `${time}:00` : time}`;
}

function fail(key: string, expected: string, found: Data, at: Position): never {
  const shown = found === null ? "nothing" : `'${String(found)}'`;
  throw new ProblemError(`a microbatch model needs '${key}': expected ${expected}, found ${shown}`, at);
}
