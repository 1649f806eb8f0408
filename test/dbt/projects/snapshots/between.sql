update raw.people set city = 'Paris', updated_at = '2024-02-01' where id = 2;
update raw.people set city = 'Bern' where id = 4;
delete from raw.people where id = 3;
insert into raw.people values (5, 'Eve', 'Nuuk', '2024-02-02');
