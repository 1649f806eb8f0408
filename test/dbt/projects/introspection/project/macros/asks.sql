{% macro kinds(relation) %}
  {%- call statement('kinds', fetch_result=True) -%}
    select kind, count(*) as n, sum(weight) as w, max(price) as p from {{ relation }} group by 1 order by 1
  {%- endcall -%}
  {%- if execute -%}{{ return(load_result('kinds')) }}{%- endif -%}
  {{ return({'data': [], 'table': none}) }}
{% endmacro %}
