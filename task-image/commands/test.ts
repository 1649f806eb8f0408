import type { TestCounts } from "#api/pipeline-run.ts";
import { nameChecks } from "../checks/check.ts";
import { type CheckPlace, type CheckResult, runCheck } from "../checks/check-run.ts";
import { ConfigurationError, DataError } from "../errors.ts";
import type { ItemEnd } from "../report/item-progress.ts";
import { warehouseOf } from "../warehouses.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";

/** Checks that the message names. */
const NAMED_MAX = 3;

/**
 * Runs every check, whatever fails, and logs one line for each. Rejects with a ConfigurationError when a check could not be
 * carried out, else with a DataError when one of severity error failed; both carry the counts.
 */
export async function test(spec: SpecOf<"test">, context: CommandContext): Promise<Outcome> {
  const { connection, checks, storeFailures } = spec.work.test;
  const warehouse = await (await warehouseOf(spec.connections[connection]?.kind)).checks();
  const named = nameChecks(checks, warehouse);
  await using sessions = new AsyncDisposableStack();
  const open = async (readOnly: boolean) => sessions.use(await warehouse.open(spec, connection, context, { readOnly }));
  let writing: ReturnType<typeof open> | undefined;
  // Names are people's own texts: they are said once the secrets are known that must not stand in them.
  const reading = open(true);
  await reading.catch(() => undefined);
  const items = context.progress.items(
    "check",
    named.map(({ name }) => name),
  );
  const { namespace, pipeline, name: runName, uid } = spec.run;
  const place: CheckPlace = {
    warehouse,
    reading: await reading,
    writing: () => {
      writing ??= open(false);
      return writing;
    },
    failuresSchema: storeFailures?.schema,
    owner: { namespace, pipeline, node: spec.node },
    run: { uid, name: runName },
  };
  const results: CheckResult[] = [];
  for (const [index, check] of named.entries()) {
    items[index]?.running();
    const result = await runCheck(place, check);
    const { name, ...fields } = result;
    context.log[levelOf(result)](`check ${result.state}`, { check: name, severity: check.said.severity, ...fields });
    items[index]?.ended(ITEM_STATE[result.state], endOf(result));
    results.push(result);
  }
  return conclude(results);
}

const ITEM_STATE = { passed: "Succeeded", warned: "Warned", failed: "Failed", errored: "Failed" } as const;

function endOf({ state, message, failures }: CheckResult): ItemEnd {
  return { ...(state === "errored" ? {} : { failures }), ...(message === "" ? {} : { message }) };
}

/** The outcome of all checks, or the failure that their worst result means. */
export function conclude(results: readonly CheckResult[]): Outcome {
  const tests = countOf(results);
  const message = [summaryOf(results.length, tests), ...namedResults(results)].join("; ");
  if (tests.errored > 0) throw new ConfigurationError("CheckErrored", message, { measured: { tests } });
  if (tests.failed > 0) throw new DataError("CheckFailed", message, { measured: { tests } });
  return { message, tests };
}

function countOf(results: readonly CheckResult[]): TestCounts {
  const count = (state: CheckResult["state"]) => results.filter((result) => result.state === state).length;
  return { passed: count("passed"), warned: count("warned"), failed: count("failed"), errored: count("errored") };
}

function summaryOf(total: number, counts: TestCounts): string {
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  const noun = total === 1 ? "check" : "checks";
  return `${total} ${noun}: ${parts.map(([state, count]) => `${count} ${state}`).join(", ")}`;
}

/** The first results that did not pass, errors before failures before warnings. */
function namedResults(results: readonly CheckResult[]): readonly string[] {
  const bad = (["errored", "failed", "warned"] as const).flatMap((state) =>
    results.filter((result) => result.state === state),
  );
  const named = bad.slice(0, NAMED_MAX).map(({ name, message }) => `${name}: ${message}`);
  const rest = bad.length - named.length;
  return rest === 0 ? named : [...named, `${rest} more in the log`];
}

function levelOf({ state }: CheckResult): "info" | "warn" | "error" {
  if (state === "passed") return "info";
  return state === "warned" ? "warn" : "error";
}
