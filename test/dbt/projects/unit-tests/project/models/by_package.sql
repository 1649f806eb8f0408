{{ config(materialized='table') }} select 2 as n, {{ lab.factor() }} * 2 as twice
