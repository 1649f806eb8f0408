{%- set ns = namespace(total=0, names=[]) -%}
{%- for column in var('columns') -%}
  {%- set ns.total = ns.total + loop.index -%}
  {%- do ns.names.append(column ~ '_' ~ ns.total) -%}
{%- endfor -%}
select
    {% for name in ns.names -%}
    {{ loop.index * 10 }} as {{ name }}
    {%- if not loop.last %},{% endif %}
    {% endfor -%}
