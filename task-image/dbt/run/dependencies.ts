import type { Manifest, ManifestNode } from "../manifest/node.ts";

/** For each node of a run, the nodes of the run that it waits for. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

/** Whether the node is run at all: ephemeral models are a part of the queries that read them, and analyses are only compiled. */
export function isRun({ resource_type, config }: ManifestNode): boolean {
  if (resource_type === "model") return config.materialized !== "ephemeral";
  return resource_type === "seed" || resource_type === "snapshot" || resource_type === "test";
}

/**
 * What waits for what. A node waits for the nearest nodes of the run before it, also through nodes that are not a part of it, so that a
 * failure reaches all that is downstream. With `testsStop` (`dbt build`) it also waits for the tests of what it reads: those of which it
 * reads, near or far, everything that they read; a test does so for what it reads that is not run itself.
 */
export function dependenciesOf(manifest: Manifest, selected: Iterable<string>, testsStop: boolean): Dependencies {
  const run = new Set([...selected].filter((id) => isRunId(manifest, id)));
  const nearest = nearestBefore(manifest, run);
  const found = new Map<string, Set<string>>([...run].map((id) => [id, new Set(nearest(id))] as const));
  if (testsStop) addTests(manifest, run, found);
  addUnitTests(manifest, { nearest, found, inTurn: testsStop });
  return found;
}

function isRunId({ nodes, unitTests, exposures }: Manifest, id: string): boolean {
  const node = nodes.get(id);
  return node === undefined ? unitTests.has(id) || exposures.has(id) : isRun(node);
}

interface UnitTestPlan {
  readonly nearest: (id: string) => ReadonlySet<string>;
  readonly found: ReadonlyMap<string, Set<string>>;
  /** Those of one model run one after the other, so that the first failure skips those behind it. */
  readonly inTurn: boolean;
}

/** A model waits for its unit tests, and they wait for what it waits for: fixtures take their columns from there. */
function addUnitTests({ unitTests }: Manifest, { nearest, found, inTurn }: UnitTestPlan): void {
  const modelsWaits = new Map<string, ReadonlySet<string>>();
  const last = new Map<string, string>();
  for (const { unique_id: id, depends_on } of unitTests.values()) {
    const waits = found.get(id);
    if (waits === undefined) continue;
    waits.clear();
    for (const tested of depends_on.nodes) {
      const model = found.get(tested);
      const before = modelsWaits.get(tested) ?? new Set(model ?? nearest(tested));
      modelsWaits.set(tested, before);
      for (const each of before) waits.add(each);
      const previous = last.get(tested);
      if (inTurn && previous !== undefined) waits.add(previous);
      last.set(tested, id);
      model?.add(id);
    }
  }
}

/** The nodes of the run that stand before a node, without another one of the run between. */
function nearestBefore({ parentMap }: Manifest, run: ReadonlySet<string>): (id: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (id) =>
    walked(
      id,
      known,
      (each) => parentMap.get(each) ?? [],
      (parent, above) => (run.has(parent) ? [parent] : above),
    );
}

/** Everything that stands before a node, near or far. */
export function allBefore({ parentMap }: Manifest): (id: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (id) =>
    walked(
      id,
      known,
      (each) => parentMap.get(each) ?? [],
      (parent, above) => [parent, ...above],
    );
}

/** Collects over parents from the top down, without recursion: projects have long chains. */
function walked(
  start: string,
  known: Map<string, ReadonlySet<string>>,
  parents: (id: string) => readonly string[],
  collect: (parent: string, above: ReadonlySet<string>) => Iterable<string>,
): ReadonlySet<string> {
  const stack = [start];
  for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
    const open = parents(id).filter((parent) => !known.has(parent));
    if (open.length > 0 && !known.has(id)) {
      stack.push(...open);
      continue;
    }
    known.set(id, new Set(parents(id).flatMap((parent) => [...collect(parent, known.get(parent) ?? new Set())])));
    stack.pop();
  }
  return known.get(start) ?? new Set();
}

function addTests(manifest: Manifest, run: ReadonlySet<string>, found: ReadonlyMap<string, Set<string>>): void {
  const before = allBefore(manifest);
  const read = (id: string) => manifest.parentMap.get(id) ?? [];
  const isTest = (id: string) => manifest.nodes.get(id)?.resource_type === "test";
  const tests = [...run].filter((id) => isTest(id) && read(id).length > 0);
  const covers = (id: string, test: string) => read(test).every((parent) => before(id).has(parent));
  for (const [id, waits] of found) {
    if (!manifest.nodes.has(id)) continue;
    const direct = [...waits];
    // A test waits as what it reads would, where that is no node of the run: an ephemeral model behind a failed test is skipped.
    const waiting = isTest(id) ? read(id).filter((parent) => !run.has(parent)) : [id];
    for (const test of tests) {
      // A node before this one that waits for the test already passes its failure on.
      if (test !== id && waiting.some((each) => covers(each, test)) && !direct.some((each) => covers(each, test)))
        waits.add(test);
    }
  }
}
