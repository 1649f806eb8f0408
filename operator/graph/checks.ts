import { CHECK_KINDS, type Check, type CheckKind } from "../api/check.ts";
import { conditionScope } from "../api/check-condition.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import type { Problem } from "./problem.ts";

type Finding = readonly [field: string, message: string];

const MEASURED = ["limit", "failCalc"] as const;

/** Fields that say nothing to a kind of check. */
const UNUSABLE: Readonly<Record<CheckKind, readonly (keyof Check)[]>> = {
  rowCount: MEASURED,
  notNull: [],
  nullRatio: MEASURED,
  unique: [],
  acceptedValues: [],
  relationships: [],
  freshness: MEASURED,
  value: ["where", ...MEASURED],
  columns: ["where", "storeFailures", ...MEASURED],
  distribution: ["storeFailures", "warnIf", "errorIf", ...MEASURED],
  sql: ["where"],
};

/** What is wrong with checks that the types alone do not see: fields that contradict each other, and what no run could pass. */
export function findCheckProblems({ nodes }: PipelineSpec): Problem[] {
  return Object.entries(nodes).flatMap(([node, { test }]) => {
    if (test === undefined) return [];
    const place = ["spec", "nodes", node, "test", "checks"] as const;
    const stores = test.storeFailures !== undefined;
    const found = test.checks.flatMap((check, index) =>
      [...findingsOf(check), ...storeFindings(check, stores)].map(
        ([field, message]): Problem => ({
          reason: "InvalidSpec",
          path: [...place, index, ...field.split(".")],
          message,
        }),
      ),
    );
    return [...found, ...repeatedNames(test.checks, place)];
  });
}

function findingsOf(check: Check): readonly Finding[] {
  const kind = CHECK_KINDS.find((each) => check[each] !== undefined);
  if (kind === undefined) return [];
  const unused = UNUSABLE[kind]
    .filter((field) => check[field] !== undefined)
    .map((field): Finding => [field, `a check of ${kind} does not take ${field}: leave it out`]);
  return [
    ...unused,
    ...rowCountFindings(check),
    ...valueFindings(check),
    ...distributionFindings(check),
    ...conditionFindings(check),
  ];
}

function rowCountFindings({ rowCount }: Check): readonly Finding[] {
  if (rowCount === undefined) return [];
  const { min, max } = rowCount;
  if (min === undefined && max === undefined)
    return [["rowCount", "expected min or max: every table has some number of rows"]];
  if (min === undefined || max === undefined || min <= max) return [];
  return [["rowCount", `no table has at least ${min} and at most ${max} rows`]];
}

function valueFindings({ value }: Check): readonly Finding[] {
  if (value === undefined) return [];
  const { equals, min, max } = value;
  const isRange = min !== undefined || max !== undefined;
  if (equals === undefined && !isRange)
    return [["value", "expected equals, min or max: nothing is expected of the value"]];
  if (equals !== undefined && isRange) return [["value", "equals says all: leave min and max out"]];
  if (min === undefined || max === undefined || Number(min) <= Number(max)) return [];
  return [["value", `no number is at least ${min} and at most ${max}`]];
}

function distributionFindings({ distribution, table = "" }: Check): readonly Finding[] {
  if (distribution === undefined) return [];
  const { metric, column, minHistory, window, maxZScore } = distribution;
  const findings: Finding[] = [];
  if (metric === "rowCount" && column !== undefined)
    findings.push(["distribution.column", "rowCount counts rows, whatever a column holds: leave column out"]);
  if (metric !== "rowCount" && column === undefined)
    findings.push(["distribution", `${metric} is a number of a column: name it in column`]);
  if (minHistory > window)
    findings.push([
      "distribution.minHistory",
      `${minHistory} runs are needed and ${window} are looked at (window), so that the check would always pass`,
    ]);
  if (Number(maxZScore) <= 0) findings.push(["distribution.maxZScore", "expected a number above 0"]);
  if (!table.includes("."))
    findings.push(["table", "expected schema.table: the history of a distribution is kept in the table's schema"]);
  return findings;
}

function conditionFindings({ severity, warnIf, errorIf }: Check): readonly Finding[] {
  const findings: Finding[] = [];
  if (severity === "warn" && errorIf !== undefined)
    findings.push(["errorIf", "a check of severity warn fails nothing: leave errorIf out, or set severity to error"]);
  for (const [field, condition] of Object.entries({ warnIf, errorIf })) {
    const scope = condition === undefined ? "some" : conditionScope(condition);
    if (scope === "all") findings.push([field, `${condition} holds for every number of rows: no run could pass`]);
    if (scope === "none")
      findings.push([field, `${condition} holds for no number of rows: the check could find nothing`]);
  }
  return findings;
}

function storeFindings({ storeFailures }: Check, stores: boolean): readonly Finding[] {
  if (storeFailures === undefined || stores) return [];
  return [["storeFailures", "the node says no schema for failing rows: set test.storeFailures.schema"]];
}

/** Results, and what is kept of them, are found by the names of checks. */
function repeatedNames(checks: readonly Check[], place: readonly (string | number)[]): readonly Problem[] {
  const first = new Map<string, number>();
  return checks.flatMap(({ name }, index): readonly Problem[] => {
    if (name === undefined) return [];
    const known = first.get(name);
    if (known === undefined) {
      first.set(name, index);
      return [];
    }
    const message = `checks[${known}] is called ${name} too: give each check a name of its own`;
    return [{ reason: "InvalidSpec", path: [...place, index, "name"], message }];
  });
}
