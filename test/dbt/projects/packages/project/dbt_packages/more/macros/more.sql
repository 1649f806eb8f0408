{% macro default__greet(name) %}'more greets {{ name }}'{% endmacro %}
{% macro counted() %}{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ return(ns.n) }}{% endmacro %}
