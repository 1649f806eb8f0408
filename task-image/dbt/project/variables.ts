import { type DataMap, isMap, overlaid, own } from "./data.ts";
import type { ProjectPackage } from "./project-package.ts";

/**
 * The variables that templates of a package see. What comes later wins: the package's own `vars`, those under its name there, the root
 * project's `vars`, those under the package's name there, and what the node is given.
 */
export function variablesOf(owner: ProjectPackage, root: ProjectPackage, given: DataMap): DataMap {
  const { name } = owner.settings;
  const layers = [owner, root].flatMap(({ settings: { vars } }) => [vars, scopedTo(name, vars)]);
  return overlaid([...layers, given]);
}

function scopedTo(name: string, vars: DataMap): DataMap {
  const scoped = own(vars, name);
  return isMap(scoped) ? scoped : {};
}
