select
    customer_no,
    name,
    nullif(street, '') as street,
    postcode,
    city,
    born,
    newsletter,
    credit_limit,
    notes
from {{ source('raw', 'customers') }}
