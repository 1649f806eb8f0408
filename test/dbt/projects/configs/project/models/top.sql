{{ config(tags='model', meta={'own': 1}) }}
select $v${{ config.get("tags") }}$v$ as tags, $v${{ config.get('meta') }}$v$ as meta, '{{ config.get("materialized") }}' as mat, '{{ config.get("nothing", "dflt") }}' as d,
  '{{ config.require("materialized") }}' as r, $v${{ model.config.tags }} {{ model.tags }}$v$ as t, $v${{ model.config.schema }} {{ model.schema }}$v$ as s
