import type { EarlierArtifacts } from "../dbt/artifacts/previous-run.ts";
import { readSmallObject } from "../object-store/object-store.ts";
import { openObjectStore } from "../object-store/opening.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import { SUCCEEDED } from "./dbt-artifacts.ts";

/** Longest artifact that is read: a project of 5,000 models has some 60 MiB. */
const BYTES_MAX = 128 * 1024 * 1024;
/** Where a selection, or the file of selectors, may compare with an earlier run. */
const COMPARES = /\b(?:state|result)\b/;

/** The artifacts of earlier runs, where the node names a place for them and the selection may compare with them. */
export async function readEarlier(
  spec: SpecOf<"transform">,
  selectors: string | undefined,
  context: CommandContext,
): Promise<EarlierArtifacts | undefined> {
  const { artifacts, select = [], exclude = [] } = spec.work.transform;
  if (artifacts === undefined || ![...select, ...exclude, selectors ?? ""].some((text) => COMPARES.test(text))) {
    return undefined;
  }
  await using store = await openObjectStore(spec, artifacts.connection, context);
  const read = (name: string) => readSmallObject(store, `${artifacts.prefix}${name}`, BYTES_MAX);
  return { manifest: await read(`${SUCCEEDED}manifest.json`), results: await read("run_results.json") };
}
