{#- a comment before -#}
{% macro wrapped(name) -%}
with {{ name }} as (
  {{ caller() | trim | indent(2) }}
)
{%- endmacro %}
{% macro each(items) %}{% for item in items %}{{ caller(item, loop.index) }}{{ ", " if not loop.last }}{% endfor %}{% endmacro %}
{% macro first_even(items) %}{% for i in items %}{% if i is even %}{{ return(i) }}{% endif %}{% endfor %}{{ return(none) }}{% endmacro %}
{% macro nested(n) %}{{ return(n if n <= 1 else nested(n - 1) + n) }}{% endmacro %}
{% macro anything() %}{{ varargs | join('+') }}|{% for k, v in kwargs.items() %}{{ k }}={{ v }};{% endfor %}{% endmacro %}
{% macro loops() %}{% for x in range(9) %}{% if x == 5 %}{% break %}{% elif x % 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}{% endmacro %}
{% macro noted(key) %}{% do context.update({"noted_by_lab": context.get("noted_by_lab", []) + [key]}) %}{% endmacro %}
{% macro all_noted() %}{{ return(context["noted_by_lab"] | join("+")) }}{% endmacro %}
