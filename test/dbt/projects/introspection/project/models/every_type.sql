{# dbt prints bytes as the address of a buffer, which is another one each time. #}
{% set rows = run_query('select * from ' ~ source('raw', 'pets') ~ ' where id < 4 order by id') %}
{% if execute %}
{% for row in rows %}
select {{ loop.index }} as n, {{ row['raw'] is none }} as no_bytes, {% for name in rows.column_names if name != 'raw' %}$v${{ row[name] }}$v$ as "{{ name }}"{{ ', ' if not loop.last }}{% endfor %} {{ 'union all' if not loop.last }}
{% endfor %}
{% else %}select 1 as n{% endif %}
