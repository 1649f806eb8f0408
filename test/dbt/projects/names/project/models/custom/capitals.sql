{{ config(alias='CamelCase Näme', materialized='incremental', unique_key='"Id"') }}
select 1 as "Id", '{{ ref("plain").include(database=false) }}' as r
