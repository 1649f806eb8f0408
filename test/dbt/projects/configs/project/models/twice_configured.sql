{{ config(materialized='view', tags=['a']) }}
{{ config(tags=['b'], alias='twice') }}
select $v${{ config.get("tags") }} {{ config.get('materialized') }}$v$ as t
