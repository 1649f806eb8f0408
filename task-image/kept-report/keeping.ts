import type { ReportItem } from "#api/report.ts";
import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { TaskFailure } from "../errors.ts";
import { REPORTS_TABLE } from "../loading/state-tables.ts";
import { databaseFailure, isServerError } from "../postgres/failure.ts";
import { hidden } from "../words/hidden-text.ts";
import { decodeKept, encodeKept, type Kept } from "./kept-report.ts";
import { openPlace } from "./open-place.ts";
import type { Keeper, ReportPlace } from "./report-place.ts";

/** How long the work may wait for a report that is read or written. */
const PATIENCE_MS = 5000;

class Late extends Error {}

type Context = Pick<CommandContext, "signal" | "redactor" | "environment" | "log" | "part">;

/** The items of the latest attempt of the node that has left a report; none where that cannot be found out. Never rejects. */
export async function recallItems(spec: TaskSpec, context: Context): Promise<readonly ReportItem[]> {
  const text = await atPlace(spec, context, (place) => place.latest());
  return text === undefined ? [] : (decodeKept(text)?.items ?? []);
}

/** Keeps the report of this attempt. Where that cannot be done it is said, and nothing else changes. Never rejects. */
export async function keepReport(spec: TaskSpec, report: Kept, context: Context): Promise<void> {
  await atPlace(spec, context, (place) => place.write(encodeKept(report, place.bytesMax)));
}

async function atPlace<T>(
  spec: TaskSpec,
  context: Context,
  work: (place: ReportPlace) => Promise<T>,
): Promise<T | undefined> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  const signal = AbortSignal.any([context.signal, late]);
  const done = async () => {
    await using place = await openPlace(spec, keeperOf(spec, context), { ...context, signal });
    return place === undefined ? undefined : await work(place);
  };
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Late(`nothing within ${PATIENCE_MS} ms`)), { once: true });
  });
  try {
    return await Promise.race([done(), stopped]);
  } catch (error) {
    context.log.info("the items of this node are not kept at its destination", { error: reasonOf(error) });
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (isServerError(error)) return databaseFailure(error, `table ${REPORTS_TABLE}`).message;
  const { name, message } = error as Error;
  return error instanceof TaskFailure || error instanceof Late ? message : `${name}${hidden(`: ${message}`)}`;
}

function keeperOf({ run, node, attempt }: TaskSpec, { part }: Context): Keeper {
  return { runUid: run.uid, run: run.name, pipeline: run.pipeline, node, attempt, part: part?.index ?? -1 };
}
