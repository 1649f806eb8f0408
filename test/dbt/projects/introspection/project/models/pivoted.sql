{%- set answer = kinds(source('raw', 'pets')) -%}
select id
{%- for row in answer['data'] %}, sum(case when kind = '{{ row[0] }}' then 1 else 0 end) as "{{ row[0] }}_{{ row[1] }}"{% endfor %}
from {{ source('raw', 'pets') }} group by 1
