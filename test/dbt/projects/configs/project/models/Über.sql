select 'ü' as "ä"
