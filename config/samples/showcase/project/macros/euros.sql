{% macro euros(quantity, unit_price, discount) -%}
    ({{ quantity }} * {{ unit_price }} - {{ discount }})::numeric(12, 2)
{%- endmacro %}
