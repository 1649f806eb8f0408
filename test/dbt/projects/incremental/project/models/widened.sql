{{ config(incremental_strategy='append') }}
select cast('{{ "x" * (3 * (var("step") | int)) }}' as varchar({{ 3 * (var('step') | int) }})) as word
