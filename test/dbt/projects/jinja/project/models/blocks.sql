{% call wrapped('numbers') %}
  select {% call(item, n) each(['one', 'two']) %}{{ n }} as {{ item }}{% endcall %}
{% endcall %}
select *, {{ first_even([1, 3, 4, 6]) }} as even, '{{ first_even([1]) }}' as nothing, {{ nested(5) }} as fifteen, '{{ anything(1, "b", c=3) }}' as anything, '{{ loops() }}' as loops,
  '{{ noted("a") }}{{ noted("b") }}{{ all_noted() }} {{ "noted_by_lab" in context }}' as noted
from numbers
