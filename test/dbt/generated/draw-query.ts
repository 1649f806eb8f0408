import type { Draw } from "./draw.ts";
import type { ModelConfig } from "./draw-config.ts";
import type { Input } from "./plan.ts";

interface Reading {
  readonly inputs: readonly Input[];
  readonly config: ModelConfig;
}

/** The query of a model over what it reads. It has the columns that all have, and maybe some that come and go. */
export function drawQuery(draw: Draw, { inputs, config }: Reading): string {
  const [first] = inputs;
  if (first === undefined) throw new Error("a model reads something");
  const body = inputs.length === 1 ? ofOne(draw, first) : ofSeveral(draw, inputs);
  const more = draw.chance(0.3) ? draw.one(MORE) : "";
  const rows = `select id, grp, amount, at${more} from (\n${body}\n) as body`;
  return config.materialized === "incremental" ? `${rows}${draw.one(INCREMENTS)}` : rows;
}

/** Columns of one's own, some of which come or go with the variable `step`. */
const MORE = [
  ", '{{ this }}' as me",
  ", {{ var('step', 1) }} as step",
  "{% if var('step', 1) > 1 %}, id * 2 as more{% endif %}",
  "{% if var('step', 1) == 1 %}, 'x' as less{% endif %}",
  ", '{{ target.name }} {{ target.schema }} {{ model.resource_type }} {{ model.fqn | join(\".\") }}' as place",
  ', \'{{ config.get("materialized") }} {{ model.config.tags | join("+") }} {{ config.get("meta").get("owner", "none") }}\' as settings',
  ", {{ doubled('amount') }} as twice",
  ', \'{{ env_var("KELT_NOT_SET", "unset") }} {{ flags.FULL_REFRESH }} {{ execute }}\' as flags',
  ", {{ dbt.safe_cast('id', api.Column.translate_type('string')) }} as id_text",
  ", {{ dbt.hash(dbt.concat(['id::text', \"'-'\", 'grp'])) }} as hashed",
  ', \'{{ modules.datetime.date(2024, 1, 31) }} {{ var("kinds") | length }} {{ var("sizes").small }}\' as values_of_vars',
];

const INCREMENTS = [
  "",
  "\n{% if is_incremental() %}where at > (select max(at) from {{ this }}){% endif %}",
  "\n{% if is_incremental() %}where id >= {{ var('step', 1) }}{% else %}where id < 100{% endif %}",
];

function ofOne(draw: Draw, { call, isBuilt }: Input): string {
  const always = [
    `select * from {{ ${call} }}`,
    `{{ pick(${call}, ['id', 'grp', 'amount', 'at'], where='id > ' ~ var('least')) }}`,
    `with base as (select * from {{ ${call} }})\nselect id, upper(grp) as grp, amount * {{ var('factor') }} as amount, at from base`,
    `{# a remark #}select id, grp, sum(amount) over (partition by grp) as amount, at -- {{ var('kinds')[0] }}\nfrom {{ ${call} }}`,
    `select min(id) as id, grp, sum(amount) as amount, max(at) as at\nfrom {{ ${call} }} group by grp`,
    `{% set kinds = var('kinds') %}\nselect id, case {% for k in kinds %}when grp = '{{ k }}' then '{{ loop.index }}' {% endfor %}else grp end as grp, amount, {{ dbt.dateadd('day', 1, 'at') }} as at from {{ ${call} }}`,
  ];
  const asking = [
    `{% set columns = adapter.get_columns_in_relation(${call}) %}\nselect {% for c in columns if c.name in ['id', 'grp', 'amount', 'at'] %}{{ adapter.quote(c.name) }}{{ ', ' if not loop.last }}{% endfor %}{{ 'id, grp, amount, at' if not execute }} from {{ ${call} }}`,
    `{% set counted = run_query('select count(*) as n from ' ~ ${call}) %}\nselect id, grp, amount{% if execute %} + {{ counted.columns[0].values()[0] }}{% endif %} as amount, at from {{ ${call} }}`,
    `{% set found = load_relation(${call}) %}\nselect id, grp{% if execute %} || ' {{ found.type }}'{% endif %} as grp, amount, at from {{ ${call} }}`,
  ];
  return draw.one(isBuilt ? [...always, ...asking] : always);
}

function ofSeveral(draw: Draw, inputs: readonly Input[]): string {
  const calls = inputs.map(({ call }) => call);
  const list = `[${calls.join(", ")}]`;
  return draw.one([
    `{% for each in ${list} %}select id + {{ loop.index0 * 1000 }} as id, grp, amount, at from {{ each }}{% if not loop.last %}\nunion all\n{% endif %}{% endfor %}`,
    calls.map((call) => `select id, grp, amount, at from {{ ${call} }}`).join("\nunion\n"),
    `select a.id, coalesce(a.grp, b.grp) as grp, a.amount, b.at\nfrom {{ ${calls[0]} }} as a left join {{ ${calls[1]} }} as b on a.id::text = b.id::text`,
    `with ${calls.map((call, index) => `c${index} as (select id, grp, amount, at from {{ ${call} }})`).join(", ")}\nselect c0.* from c0 where exists (select 1 from c1 where c1.id::text = c0.id::text)`,
  ]);
}
