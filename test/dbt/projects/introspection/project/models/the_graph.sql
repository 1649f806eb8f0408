{% if execute %}
select
  $v${{ graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | map(attribute='name') | sort | join(',') }}$v$ as models,
  $v${{ graph.sources.values() | map(attribute='unique_id') | list }}$v$ as sources,
  $v${{ graph.nodes['model.lab.pivoted'].depends_on.nodes }}$v$ as deps, $v${{ graph.nodes['model.lab.the_graph'].config.materialized }}$v$ as mat,
  $v${{ model.unique_id }} {{ model.fqn }} {{ model.path }} {{ model.original_file_path }} {{ model.alias }} {{ model.schema }}$v$ as me,
  $v${{ model.config.materialized }} {{ model['resource_type'] }} {{ model.depends_on.nodes }}$v$ as more,
  $v${{ selected_resources | length > 3 }} {{ invocation_args_dict.which }} {{ flags.WHICH }} {{ flags.FULL_REFRESH in (true, none, false) }}$v$ as run,
  $v${{ graph.sources.values() | map(attribute='description') | first }}$v$ as words
{% else %}select 1 as n{% endif %}
