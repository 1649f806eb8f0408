insert into raw.events values (100, timestamp '2026-06-01', 'late'), (101, timestamp '2025-06-01', 'early');
update raw.events set kind = 'changed' where id = 1;
