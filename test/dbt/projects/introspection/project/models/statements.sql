{% if execute %}
  {% call statement('made', fetch_result=False, auto_begin=False) %} create table if not exists lab.made_by_statement as select 1 as id {% endcall %}
  {% set table = load_result('made') %}
  {% set one = run_query('select 1 as a, 2 as b') %}
  {% set columns = get_columns_in_query('select 1 as p, now() as q') %}
  {% do log('rows: ' ~ (one | length), info=false) %}
{% endif %}
select $v${{ columns }} {{ one.columns[1].values()[0] if one }}$v$ as v
