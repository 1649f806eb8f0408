{% macro greet(name) %}{{ return(adapter.dispatch('greet', 'tool')(name)) }}{% endmacro %}
{% macro default__greet(name) %}'tool greets {{ name }}'{% endmacro %}
{% macro part(name) %}{{ return(adapter.dispatch('part', macro_namespace='tool')(name)) }}{% endmacro %}
{% macro default__part(name) %}'default part'{% endmacro %}
{% macro postgres__part(name) %}'postgres part {{ name }}'{% endmacro %}
{% macro loud(text) %}{{ text }} of tool{% endmacro %}
{% macro calls_loud(text) %}{{ loud(text) }}{% endmacro %}
{% macro which_root() %}{{ from_root() }}{% endmacro %}
{% macro shout(text) %}{% set parts = [] %}{% for c in text %}{% do parts.append(c | upper) %}{% endfor %}{{ return(parts | join('.')) }}{% endmacro %}
