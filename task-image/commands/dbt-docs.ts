import { catalogJson } from "../dbt/artifacts/catalog-json.ts";
import { isoTime } from "../dbt/artifacts/heading.ts";
import { manifestJson } from "../dbt/artifacts/manifest-json.ts";
import type { MacroNode } from "../dbt/manifest/node.ts";
import type { Catalog } from "../dbt/run/catalog.ts";
import type { NodeResult } from "../dbt/run/node-result.ts";
import type { RunInput } from "../dbt/run/run-input.ts";
import { makePage } from "../docs/docs-page.ts";
import { lastResults } from "../docs/last-results.ts";
import type { PageCounts, PageResult } from "../docs/page-data.ts";
import { ConfigurationError, TransientError } from "../errors.ts";
import { type ObjectStore, readSmallObject } from "../object-store/object-store.ts";
import { openObjectStore } from "../object-store/opening.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import { headingOf } from "./dbt-artifacts.ts";
import { firstOf } from "./dbt-conclusion.ts";

/** Longest file of results that is read: 5,000 models with their tests have some 30 MiB. */
const BYTES_MAX = 128 * 1024 * 1024;

export interface Documented {
  readonly input: RunInput;
  readonly macros: ReadonlyMap<string, MacroNode>;
  /** Of every node, which was only rendered. */
  readonly results: readonly NodeResult[];
  readonly catalog: Catalog;
}

/**
 * Writes catalog.json, the page and manifest.json, in this order. The results of earlier commands are read from the same place and left as
 * they are: dbt would put those of the rendering in their stead. A database that could not be asked fails the task behind the writing.
 */
export async function writeDocs(
  spec: SpecOf<"transform">,
  context: CommandContext,
  documented: Documented,
): Promise<Outcome> {
  const { artifacts } = spec.work.transform;
  if (artifacts === undefined) throw new ConfigurationError("InvalidSpec", "command: docs needs artifacts");
  const { input, macros, results, catalog } = documented;
  const { manifest } = input;
  const heading = headingOf(input, context);
  await using store = await openObjectStore(spec, artifacts.connection, context);
  const compiled = new Map(
    results.flatMap(({ id, compiledCode }) => (compiledCode === null ? [] : [[id, compiledCode] as const])),
  );
  const last = await readResults(store, [artifacts.prefix, ...(artifacts.resultsFrom ?? [])]);
  const facts = { manifest, catalog, compiled, results: last, writtenAt: isoTime(heading.generatedAt) };
  const { html, counts } = await pageOf(facts, context);
  const write = async (name: string, text: string, type: string) =>
    void (await store.write(artifacts.prefix + name, Buffer.from(text), type));
  await write("catalog.json", catalogJson(catalog, heading), "application/json");
  await write("index.html", html, "text/html; charset=utf-8");
  await write("manifest.json", manifestJson({ manifest, macros, results, heading }), "application/json");
  if (catalog.errors.length > 0) {
    throw new ConfigurationError(
      "CatalogIncomplete",
      `the columns of some relations could not be read, and the page is without them: ${firstOf(catalog.errors)}`,
    );
  }
  const page = store.uri(`${artifacts.prefix}index.html`);
  context.log.info("page written", { to: page, bytes: Buffer.byteLength(html), ...counts });
  return { message: `page ${page}: ${summaryOf(counts)}` };
}

async function readResults(store: ObjectStore, prefixes: readonly string[]): Promise<ReadonlyMap<string, PageResult>> {
  const texts: string[] = [];
  for (const prefix of new Set(prefixes)) {
    for (const name of ["run_results.json", "sources.json"]) {
      const text = await readSmallObject(store, prefix + name, BYTES_MAX);
      if (text !== undefined) texts.push(text);
    }
  }
  return lastResults(texts);
}

async function pageOf(facts: Parameters<typeof makePage>[0], context: CommandContext) {
  try {
    return await makePage(facts, context.pageFile, context.signal);
  } catch (error) {
    if (context.signal.aborted) throw new TransientError("Stopped", "the task was told to stop", { cause: error });
    throw error;
  }
}

function summaryOf({ models, sources, columns, describedColumns }: PageCounts): string {
  const counted = (count: number, word: string) => `${count} ${word}${count === 1 ? "" : "s"}`;
  return `${counted(models, "model")}, ${counted(sources, "source")}, ${describedColumns} of ${counted(columns, "column")} described`;
}
