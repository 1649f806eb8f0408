/** Who reads whom: the ids that each id depends on, or that depend on it. */
export type Edges = ReadonlyMap<string, readonly string[]>;

/** Every id that can be reached, in at most `depth` steps; the ids themselves are left out unless a way leads back to them. */
export function reach(from: Iterable<string>, edges: Edges, depth = Number.POSITIVE_INFINITY): Set<string> {
  const found = new Set<string>();
  let level: readonly string[] = [...from];
  for (let step = 0; step < depth && level.length > 0; step += 1) {
    const next = level.flatMap((id) => edges.get(id) ?? []).filter((id) => !found.has(id));
    level = [...new Set(next)];
    for (const id of level) found.add(id);
  }
  return found;
}

/** The edges the other way round. Every id has an entry. */
export function reversed(edges: Edges): Map<string, string[]> {
  const back = new Map<string, string[]>([...edges.keys()].map((id) => [id, []]));
  for (const [id, targets] of edges) {
    for (const target of targets) back.get(target)?.push(id);
  }
  return back;
}

/** A way that leads from an id back to it, with that id at both ends; undefined where there is no such way. */
export function findCycle(edges: Edges): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    const cycle = done.has(start) ? undefined : walk(start, edges, done);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Depth-first without recursion: a chain of models may be longer than the stack. */
function walk(start: string, edges: Edges, done: Set<string>): readonly string[] | undefined {
  const way: { readonly id: string; next: number }[] = [{ id: start, next: 0 }];
  const onWay = new Set([start]);
  for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
    const target = edges.get(top.id)?.[top.next];
    top.next += 1;
    if (target === undefined) {
      done.add(top.id);
      onWay.delete(top.id);
      way.pop();
    } else if (onWay.has(target)) {
      const ids = way.map(({ id }) => id);
      return [...ids.slice(ids.indexOf(target)), target];
    } else if (!done.has(target)) {
      way.push({ id: target, next: 0 });
      onWay.add(target);
    }
  }
  return undefined;
}
