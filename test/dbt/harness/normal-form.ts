/** What differs between two runs of the same thing. */
const DIFFERENT_EACH_TIME: readonly (readonly [RegExp, string])[] = [
  // The comment that dbt puts before or behind each statement unless the project sets another: `query-comment`.
  [/\s*\/\* \{"app": "dbt".*?\} \*\/\s*/gs, ""],
  // Temporary relations have the time in their names, and indexes a hash of it.
  // That of a batch has the batch before it.
  [/__dbt_tmp(_\d+?(?:T\d\d)?)?\d{12}(?!\d)/g, "__dbt_tmp$1<time>"],
  [/"[0-9a-f]{32}"/g, '"<hash>"'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<uuid>"],
];
const TIME = /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d(?::?\d\d)?|Z)?/g;
/** The bindings of a seed's rows are in no statement of dbt's log: the rows themselves are compared. */
const SEEDED_ROWS = /^(\s*insert into .*?) values[\s\S]*$/;

/** dbt's log cuts a statement that has bindings. */
const LOGGED = 500;

/** Milliseconds around a run within which a time is one of its own. */
const MARGIN = 2_000;

/** When a run began and ended, in milliseconds. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Text without what differs each time: names made of the clock, ids of the run, and times within it. Other times stay. */
export function withoutTheMoment(text: string, { from, to }: Period): string {
  const named = DIFFERENT_EACH_TIME.reduce((result, [pattern, name]) => result.replace(pattern, name), text);
  return named.replace(TIME, (time) => {
    const hasZone = /(?:[+-]\d\d(?::?\d\d)?|Z)$/.test(time);
    const at = Date.parse(`${time.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00")}${hasZone ? "" : "Z"}`);
    return at >= from - MARGIN && at <= to + MARGIN ? "<now>" : time;
  });
}

/** A statement of a node as it is compared. */
export function normalStatement(node: string, sql: string, period: Period): string {
  const text = withoutTheMoment(sql, period).trim();
  if (!node.startsWith("seed.")) return text;
  const short = text.replace(SEEDED_ROWS, "$1 values <rows>");
  return short.startsWith("insert into") && short.length > LOGGED ? `${short.slice(0, LOGGED)}…` : short;
}
