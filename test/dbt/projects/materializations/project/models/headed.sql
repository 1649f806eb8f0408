{% call set_sql_header(config) %}
set local statement_timeout = '1min';
{%- endcall %}
select * from {{ ref('base') }}
