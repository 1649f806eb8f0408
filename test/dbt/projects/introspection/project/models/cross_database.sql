select
  {{ dbt.dateadd('month', 2, "cast('2024-01-31' as date)") }} as a, {{ dbt.datediff("cast('2024-01-01' as date)", "cast('2024-03-05' as date)", 'week') }} as b,
  {{ dbt.date_trunc('quarter', "timestamp '2024-05-06'") }} as c, {{ dbt.last_day("cast('2024-02-03' as date)", 'month') }} as d,
  {{ dbt.split_part("'a-b-c'", "'-'", 2) }} as e, {{ dbt.safe_cast("'7'", api.Column.translate_type('int')) }} as f, {{ dbt.hash("'x'") }} as g,
  {{ dbt.concat(["'a'", "'b'"]) }} as h, {{ dbt.replace("'aXb'", "'X'", "'-'") }} as i, {{ dbt.position("'b'", "'abc'") }} as j,
  {{ dbt.right("'abc'", 2) }} as k, {{ dbt.length("'abc'") }} as l, {{ dbt.any_value('1') }} as m, {{ dbt.bool_or('true') }} as n,
  {{ dbt.listagg("x.v", "','", "order by x.v") }} as o, {{ dbt.string_literal("it") }} as p, {{ dbt.escape_single_quotes("it's") | length }} as q,
  {{ dbt.cast_bool_to_text('true') }} as r, {{ dbt.array_construct([1, 2]) }} as s, {{ dbt.array_append('array[1]', 2) }} as t, {{ dbt.array_concat('array[1]', 'array[2]') }} as u,
  $v${{ dbt.type_string() }} {{ dbt.type_timestamp() }} {{ dbt.type_float() }} {{ dbt.type_numeric() }} {{ dbt.type_bigint() }} {{ dbt.type_int() }} {{ dbt.type_boolean() }}$v$ as types,
  {{ dbt.cast("'1'", 'integer') }} as w, {{ dbt.intersect() | trim | length }} as xx, {{ dbt.except() | trim | length }} as y
from (values ('b'), ('a')) x (v)
