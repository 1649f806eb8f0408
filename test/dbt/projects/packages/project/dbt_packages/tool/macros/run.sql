{% macro of_the_run() %}
  {%- set run = builtins.ref.config -%}
  {{ run.project_name }} {{ run.version }} {{ run.dependencies["tool"].version }} {{ run.vars.to_dict().word }} {{ run.target_name }}
  {{- run.cli_vars | length }} {{ target.user }}@{{ target.host }}:{{ target.port + 1 }}
  {{- builtins.source.config.project_name }} {{ run.dependencies | list | sort | join(",") }} {{ "selected" if run.args.select }}
{%- endmacro %}
