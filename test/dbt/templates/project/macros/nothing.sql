{# Builds nothing: a template is only rendered. `compile` would end with the first that is refused. #}
{% materialization nothing, default %}
  {% do store_raw_result('main', 'OK', 'OK', 0) %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
