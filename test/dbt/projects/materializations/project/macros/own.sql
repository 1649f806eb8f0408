{% materialization twice, adapter='postgres' %}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {{ run_hooks(pre_hooks) }}
  {% if existing %}{% do adapter.drop_relation(existing) %}{% endif %}
  {% call statement('main') -%}
    create table {{ target_relation }} as (select * from ({{ sql }}) a union all select * from ({{ sql }}) b)
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {% do adapter.commit() %}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization nothing, default %}
  {%- call statement('main') -%} select 1 {%- endcall -%}
  {{ return({'relations': []}) }}
{% endmaterialization %}
