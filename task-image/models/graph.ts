/** Edges of models: the name of each one and the names of those that it reads. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The models in an order in which each one comes behind those that it reads. Of the models that could come next, the one whose
 * name stands first does, so that the order is the same in every run. Undefined when there is a cycle.
 */
export function orderModels(dependencies: Dependencies): readonly string[] | undefined {
  const waiting = new Map([...dependencies].map(([name, needs]) => [name, new Set(needs)] as const));
  const order: string[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting].filter(([, needs]) => needs.size === 0).map(([name]) => name);
    const [next] = ready.sort();
    if (next === undefined) return undefined;
    order.push(next);
    waiting.delete(next);
    for (const needs of waiting.values()) needs.delete(next);
  }
  return order;
}

/** A cycle as the names on its way, the first one again at the end; undefined when there is none. */
export function findCycle(dependencies: Dependencies): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of [...dependencies.keys()].sort()) {
    const cycle = visit(start, [], dependencies, done);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function visit(
  name: string,
  path: readonly string[],
  dependencies: Dependencies,
  done: Set<string>,
): readonly string[] | undefined {
  const before = path.indexOf(name);
  if (before >= 0) return [...path.slice(before), name];
  if (done.has(name)) return undefined;
  for (const next of [...(dependencies.get(name) ?? [])].sort()) {
    const cycle = visit(next, [...path, name], dependencies, done);
    if (cycle !== undefined) return cycle;
  }
  done.add(name);
  return undefined;
}

/** The models that read one of the names, directly or through others. */
export function downstream(names: ReadonlySet<string>, dependencies: Dependencies): ReadonlySet<string> {
  const found = new Set<string>();
  let before = -1;
  while (found.size > before) {
    before = found.size;
    for (const [name, needs] of dependencies) {
      if ([...needs].some((need) => names.has(need) || found.has(need))) found.add(name);
    }
  }
  return found;
}
