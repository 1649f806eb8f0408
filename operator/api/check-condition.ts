/** Which numbers of failing rows a check looks out for, in the words of dbt's `warn_if` and `error_if`. */
export const CONDITION = /^ *((=|!=|<>|<|<=|>|>=) *[0-9]{1,15}|between +[0-9]{1,15} +and +[0-9]{1,15}) *$/;

const OPERATORS: Readonly<Record<string, (failures: number, bound: number) => boolean>> = {
  "=": (failures, bound) => failures === bound,
  "!=": (failures, bound) => failures !== bound,
  "<>": (failures, bound) => failures !== bound,
  "<": (failures, bound) => failures < bound,
  "<=": (failures, bound) => failures <= bound,
  ">": (failures, bound) => failures > bound,
  ">=": (failures, bound) => failures >= bound,
};

/** Whether a number of failing rows fulfils a condition. The schema has checked its shape; anything else holds for any failing row. */
export function conditionHolds(condition: string, failures: number): boolean {
  const range = /between +([0-9]+) +and +([0-9]+)/.exec(condition);
  if (range !== null) return Number(range[1]) <= failures && failures <= Number(range[2]);
  const [, operator = "", bound = "0"] = /^ *([=!<>]+) *([0-9]+)/.exec(condition) ?? [];
  return (OPERATORS[operator] ?? ((count) => count !== 0))(failures, Number(bound));
}

/** Whether no number of failing rows would do: the condition holds for all of them, or for none. */
export function conditionScope(condition: string): "all" | "none" | "some" {
  const bounds = [...condition.matchAll(/[0-9]+/g)].map(([digits]) => Number(digits));
  const counts = [0, ...bounds.flatMap((bound) => [bound - 1, bound, bound + 1])].filter((count) => count >= 0);
  const held = counts.filter((count) => conditionHolds(condition, count)).length;
  if (held === 0) return "none";
  return held === counts.length ? "all" : "some";
}
