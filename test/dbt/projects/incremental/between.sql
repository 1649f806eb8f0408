update raw.events set city = 'Paris', amount = 20, at = '2024-02-01 10:00' where id = 2;
delete from raw.events where id = 3;
insert into raw.events values (5, 'a', 'Bern', '2024-02-02 10:00', 5), (6, 'b', E'L''Aquila \\ %', '2024-02-03 10:00', -6);
