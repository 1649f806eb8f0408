{% set t = run_query('select id, kind, weight, price from ' ~ source('raw', 'pets') ~ ' where id < 4 order by id') %}
{% if execute %}
select $v${{ t.column_names }}$v$ as names, $v${{ t.columns[0].values() }}$v$ as ids, $v${{ t.columns['kind'].values() | unique | list }}$v$ as kinds,
  $v${{ t.rows[1]['weight'] }}$v$ as w, $v${{ t.rows | length }}$v$ as n, $v${{ t.columns | map(attribute='name') | join('/') }}$v$ as by_map,
  $v${{ t.rows[0].values() | join('|') }}$v$ as row_values, $v${{ t.rows[0].keys() | list }}$v$ as row_keys, $v${{ t.rows[2].dict()['price'] }}$v$ as d,
  $v${% for row in t.select(['kind', 'id']).rows %}{{ row['kind'] }}{{ row[1] }};{% endfor %}$v$ as selected,
  $v${{ t.exclude(['id']).column_names }}$v$ as excluded, $v${{ t.rename(column_names={'id': 'key'}).column_names }}$v$ as renamed,
  $v${{ t.limit(1).rows | length }}$v$ as limited, $v${{ t.rows[0] | length }}$v$ as width,
  $v${{ t.columns['price'].values() | sum }}$v$ as total, $v${{ t.columns['weight'].values() | max }}$v$ as heaviest
{% else %}select 1 as n{% endif %}
