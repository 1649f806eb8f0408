{% macro m_args(a, b=2, c=none) %}{{ a }}{{ b }}{{ c }}{% endmacro %}
{% macro m_var() %}{{ varargs }} {{ kwargs }}{% endmacro %}
{% macro m_one(a) %}{{ a }}{% endmacro %}
{% macro m_default(a, b=a) %}{{ a }}{{ b }}{% endmacro %}
{% macro m_box() %}[{{ caller() }}]{% endmacro %}
{% macro m_each(l) %}{% for i in l %}{{ caller(i, i * 2) }};{% endfor %}{% endmacro %}
{% macro m_maybe() %}{{ caller is defined }}{% if caller %}{{ caller() }}{% endif %}{% endmacro %}
{% macro m_outer() %}<{{ m_one(1) }}>{% endmacro %}
{% macro m_fact(n) %}{{ 1 if n <= 1 else n * (m_fact(n - 1) | int) }}{% endmacro %}
{% macro m_list() %}{{ return([1, 2]) }}{% endmacro %}
{% macro m_early(x) %}{% if x %}{% do return({'a': x}) %}{% endif %}never{% endmacro %}
{% macro m_loop() %}{% for i in range(5) %}{% if i == 2 %}{{ return(i) }}{% endif %}{% endfor %}{% endmacro %}
{% macro m_scope() %}{% set x = 5 %}{{ x }}{% endmacro %}
{% macro m_sees() %}{{ x }}{% endmacro %}
{% macro m_nothing() %}{% endmacro %}
