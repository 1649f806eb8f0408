{% macro lab__greet(name) %}'lab greets {{ name }}'{% endmacro %}
{% macro ref(model_name, v=none) %}{% do return(builtins.ref(model_name, v=v).include(database=false)) %}{% endmacro %}
{% macro source(a, b) %}{% do return(builtins.source(a, b)) %}{% endmacro %}
{% macro default__concat(fields) -%}concat({{ fields | join(', ') }}){%- endmacro %}
{% macro loud(text) %}{{ text | upper }}!{% endmacro %}
{% macro from_root() %}'root'{% endmacro %}
{% macro only_in_lab() %}{{ return(adapter.dispatch('only_in_lab')()) }}{% endmacro %}
{% macro postgres__only_in_lab() %}'postgres of lab'{% endmacro %}
{% macro default__only_in_lab() %}'default of lab'{% endmacro %}
