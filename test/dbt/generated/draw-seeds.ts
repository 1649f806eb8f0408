import { stringify } from "yaml";
import { drawTests } from "./draw-tests.ts";
import { branch, type Plan, type Tree } from "./plan.ts";
import { drawRows, laterRows, toCsv } from "./rows.ts";

/** One to three seeds, whose files change between the steps. */
export function drawSeeds(plan: Plan): void {
  const { draw, files, inputs } = plan;
  const described: Tree[] = [];
  for (let index = 0; index <= draw.below(3); index += 1) {
    const name = `seed${index}`;
    const folder = draw.one(["seeds", "seeds/more"]);
    const rows = drawRows(draw, 3 + draw.below(6));
    files.set(`${folder}/${name}.csv`, toCsv(rows));
    if (draw.chance(0.6)) files.set(`changes:${folder}/${name}.csv`, toCsv(laterRows(draw, rows)));
    const config = drawConfig(plan, name);
    const settings = branch(plan.settings.seeds, ["lab", ...(folder === "seeds" ? [] : ["more"]), name]);
    const inProperties: Tree = {};
    for (const [key, value] of Object.entries(config)) {
      if (draw.chance(0.5)) inProperties[key] = value;
      else settings[`+${key}`] = value;
    }
    described.push({ name, config: inProperties, ...drawTests(plan, 0.4) });
    inputs.push({ call: `ref('${name}')`, name, isBuilt: true });
  }
  files.set("seeds/seeds.yml", stringify({ version: 2, seeds: described }));
}

function drawConfig({ draw }: Plan, name: string): Tree {
  const types = {
    id: draw.one(["integer", "integer", "bigint", "text"]),
    amount: draw.one(["numeric(10,2)", "double precision"]),
  };
  return {
    ...(draw.chance(0.7) ? { column_types: { ...types, at: "timestamp" } } : { column_types: { id: "integer" } }),
    ...(draw.chance(0.3) ? { quote_columns: draw.chance(0.5) } : {}),
    ...(draw.chance(0.3) ? { schema: draw.one(["plain", "sown"]) } : {}),
    ...(draw.chance(0.2) ? { alias: `${name}_alias` } : {}),
    ...(draw.chance(0.2) ? { tags: ["quick"] } : {}),
    ...(draw.chance(0.2) ? { post_hook: "insert into log.said values ('{{ this.identifier }} sown')" } : {}),
  };
}
