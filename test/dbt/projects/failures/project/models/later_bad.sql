select 10 / {{ 2 - (var('step') | int) }} as q
