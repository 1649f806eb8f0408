import { stringify } from "yaml";
import { drawConfig, type ModelConfig } from "./draw-config.ts";
import { drawQuery } from "./draw-query.ts";
import { drawTests } from "./draw-tests.ts";
import { branch, type Plan, type Tree } from "./plan.ts";

const FOLDERS = ["models", "models/mid", "models/mid/deep", "models/top"];

/** A random graph: each model reads one to three of what stands before it. */
export function drawModels(plan: Plan): void {
  const { draw, files } = plan;
  const described = new Map<string, Tree[]>();
  const count = 6 + draw.below(6);
  for (let index = 0; index < count; index += 1) {
    const folder = draw.one(FOLDERS);
    const name = `m${index}${draw.one(["", "", "_Kept", "__of_it"])}`;
    const read = [...new Set(Array.from({ length: 1 + draw.below(3) }, () => draw.one(plan.inputs)))];
    const config = drawConfig(draw, name);
    const places = placeConfig(plan, config, [...folder.split("/").slice(1), name]);
    const query = drawQuery(draw, { inputs: read, config });
    files.set(`${folder}/${name}.sql`, `${callOf(places.call)}${query}\n`);
    const properties = { name, config: places.properties, ...drawTests(plan, 0.25) };
    if (draw.chance(0.3)) Object.assign(properties, { description: `Model ${index} says "it's".` });
    described.set(folder, [...(described.get(folder) ?? []), properties]);
    if (config.enabled !== false) {
      plan.inputs.push({ call: refOf(plan, name), name, isBuilt: config.materialized !== "ephemeral" });
    }
  }
  for (const [folder, models] of described) files.set(`${folder}/models.yml`, stringify({ version: 2, models }));
}

function refOf({ draw }: Plan, name: string): string {
  return draw.chance(0.1) ? `ref('lab', '${name}')` : `ref('${name}')`;
}

/** Each setting at one of its places; some also where another place wins, with another value. */
function placeConfig(
  { draw, settings }: Plan,
  config: ModelConfig,
  path: readonly string[],
): { readonly call: Tree; readonly properties: Tree } {
  const places = { call: {} as Tree, properties: {} as Tree };
  const project = (depth: number) => branch(settings.models, ["lab", ...path.slice(0, depth)]);
  for (const [key, value] of Object.entries(config)) {
    const place = draw.one(["call", "properties", "project"] as const);
    if (place === "project") project(path.length)[`+${key}`] = value;
    else places[place][key] = value;
    const weaker = WEAKER[key];
    if (weaker === undefined || place === "project" || draw.chance(0.8)) continue;
    if (place === "call" && draw.chance(0.5)) places.properties[key] = draw.one(weaker);
    else project(path.length)[`+${key}`] = draw.one(weaker);
  }
  return places;
}

/** What a place says that does not win: settings that meet (tags, meta, hooks) are united. */
const WEAKER: Readonly<Record<string, readonly unknown[]>> = {
  materialized: ["view", "table"],
  schema: ["other", null],
  tags: ["lone", ["lone", "second"]],
  meta: [{ weaker: true, owner: "nobody" }],
  post_hook: ["insert into log.said values ('weaker')"],
  on_schema_change: ["ignore"],
  grants: [{ select: ["writer"] }, { "+select": ["writer"] }],
  persist_docs: [{ relation: false }],
};

function callOf(config: Tree): string {
  const entries = Object.entries(config);
  if (entries.length === 0) return "";
  return `{{ config(${entries.map(([key, value]) => `${key}=${literal(value)}`).join(", ")}) }}\n`;
}

/** A value as Jinja writes it. */
function literal(value: unknown): string {
  if (typeof value === "string") return `"${value.replaceAll('"', '\\"')}"`;
  if (value === null) return "none";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, item]) => `${literal(key)}: ${literal(item)}`)
      .join(", ")}}`;
  }
  return String(value);
}
