{{ config(tags=['x']) -}}

  select 1 as a   {#- gone -#}   ,
{%- if true %}
  2 as b
{%- endif +%}
  {# a comment #}
{% raw %} -- {{ kept }} {% endraw %}
{%- set text -%}
   , 3 as c
{%- endset %}
  {{ text }}
