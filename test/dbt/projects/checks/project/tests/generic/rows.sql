{% test has_rows(model, at_least=1, label=none) %}
  {{ config(fail_calc="coalesce(max(missing), 0)") }}
  select {{ at_least }} - count(*) as missing {% if label %}, '{{ label }}' as label{% endif %} from {{ model }} having count(*) < {{ at_least }}
{% endtest %}
{% test equal_counts(model, compare_model, options={}) %}
select a.n, b.n as other, '{{ options.get("name", "none") }}' as name
from (select count(*) n from {{ model }}) a cross join (select count(*) n from {{ compare_model }}) b where a.n <> b.n
{% endtest %}
