select '{{ config.get("materialized") }}' as mat, $v${{ config.get("tags") }} {{ config.get("meta") }}$v$ as t
