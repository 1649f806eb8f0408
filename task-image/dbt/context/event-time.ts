import type { ManifestNode, SourceDefinition } from "../manifest/node.ts";
import { own } from "../project/data.ts";
import { DatetimeValue } from "../values/datetime.ts";
import { UTC } from "../values/time-zone.ts";

/** A stretch of event time that a microbatch model is built for; times are microseconds of UTC since 1970. */
export interface Batch {
  /** `2024`, `202409`, `20240917` or `20240917T16`: its beginning. */
  readonly id: string;
  readonly start: bigint;
  /** The first time that is no part of it. */
  readonly end: bigint;
}

/** A time as dbt writes it into SQL: `2024-09-17 16:00:00+00:00`. */
export const eventTime = (micros: bigint): DatetimeValue => DatetimeValue.at(micros, UTC);

/** The condition for the rows of a batch; undefined where what is read has no `event_time`: then it is read whole. */
export function eventTimeFilter(
  target: ManifestNode | SourceDefinition,
  { start, end }: Batch,
  quote: (name: string) => string,
): string | undefined {
  const name = own(target.config, "event_time");
  if (typeof name !== "string") return undefined;
  const ofSource = target.resource_type === "source" ? target.quoting.column : null;
  const isQuoted = (Object.hasOwn(target.columns, name) ? target.columns[name]?.quote : null) ?? ofSource ?? false;
  const field = isQuoted ? quote(name) : name;
  return `${field} >= '${eventTime(start).text}' and ${field} < '${eventTime(end).text}'`;
}
