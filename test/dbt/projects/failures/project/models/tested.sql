select cast(null as int) as id
