{% macro described(a) %}{{ a }}{% endmacro %}
{# a comment with {{ braces }} #}
{%- macro spaced (a, b = 'x',
   c=[1, 2]) -%}{{ a }}{{ b }}{{ c }}{%- endmacro -%}
