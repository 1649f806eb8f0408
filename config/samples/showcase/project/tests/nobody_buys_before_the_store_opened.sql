select sales.order_id, sales.date_day, stores.opened
from {{ ref('fct_sales') }} as sales
join {{ ref('dim_stores') }} as stores on stores.store_code = sales.store_code
where sales.date_day < stores.opened
