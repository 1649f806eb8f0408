{{ config(materialized='incremental', grants={'+select': ['writer'], 'insert': ['reader']}) }}
select * from {{ ref('granted') }}
