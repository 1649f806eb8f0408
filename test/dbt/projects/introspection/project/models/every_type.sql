{% set rows = run_query('select * from ' ~ source('raw', 'pets') ~ ' where id < 4 order by id') %}
{% if execute %}
{% for row in rows %}
select {{ loop.index }} as n, {% for name in rows.column_names %}$v${{ row[name] }}$v$ as "{{ name }}"{{ ', ' if not loop.last }}{% endfor %} {{ 'union all' if not loop.last }}
{% endfor %}
{% else %}select 1 as n{% endif %}
