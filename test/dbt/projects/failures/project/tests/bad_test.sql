select * from {{ ref('good') }} where no_such_column
