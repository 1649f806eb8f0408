import { stringify } from "yaml";
import type { Draw } from "./draw.ts";
import { drawTests } from "./draw-tests.ts";
import { branch, type Plan, type Tree } from "./plan.ts";

/** None to three snapshots, as blocks or in YAML, of what is built by then; models may read them. */
export function drawSnapshots(plan: Plan): void {
  const { draw, files, inputs } = plan;
  const described: Tree[] = [];
  const candidates = inputs.filter(({ isBuilt }) => isBuilt);
  for (let index = 0; index < draw.below(4); index += 1) {
    const name = `snap${index}`;
    const { call } = draw.one(candidates);
    const config = drawConfig(draw, plan);
    const inProject = draw.chance(0.3);
    if (inProject) {
      const settings = branch(plan.settings.snapshots, ["lab", name]);
      for (const [key, value] of Object.entries(config)) settings[`+${key}`] = value;
    }
    const own = inProject ? {} : { config };
    if (draw.chance(0.5)) {
      described.push({ name, relation: call, ...own, ...drawTests(plan, 0.2) });
    } else {
      files.set(`snapshots/${name}.sql`, `{% snapshot ${name} %}\nselect * from {{ ${call} }}\n{% endsnapshot %}\n`);
      described.push({ name, ...own });
    }
    inputs.push({ call: `ref('${name}')`, name, isBuilt: true });
  }
  if (described.length > 0) files.set("snapshots/snapshots.yml", stringify({ version: 2, snapshots: described }));
}

function drawConfig(draw: Draw, plan: Plan): Tree {
  const strategy = draw.one([
    { strategy: "timestamp", updated_at: "at" },
    { strategy: "check", check_cols: "all" },
    { strategy: "check", check_cols: ["grp", "amount"] },
    { strategy: "check", check_cols: ["amount"], updated_at: "at" },
  ]);
  const names = draw.maybe(0.25, () => ({ dbt_scd_id: "scd", dbt_valid_from: "since" }));
  if (names !== undefined) plan.volatile.add("scd");
  return {
    ...strategy,
    unique_key: draw.one<string | string[]>(["id", ["id", "grp"]]),
    ...(draw.chance(0.4) ? { hard_deletes: draw.one(["ignore", "invalidate", "new_record"]) } : {}),
    ...(draw.chance(0.3) ? { schema: draw.one(["kept", "plain"]) } : {}),
    ...(draw.chance(0.15) ? { target_schema: "snaps" } : {}),
    ...(names === undefined ? {} : { snapshot_meta_column_names: names }),
    ...(draw.chance(0.2) ? { dbt_valid_to_current: "to_date('9999-12-31', 'YYYY-MM-DD')" } : {}),
    ...(draw.chance(0.2) ? { tags: ["nightly"] } : {}),
  };
}
