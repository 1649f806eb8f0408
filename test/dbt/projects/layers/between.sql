update raw.orders set status = 'shipped' where id = 1;
delete from raw.orders where id = 3;
insert into raw.orders values (5, 2, 'placed', '2024-03-01 08:00', 42);
insert into raw."Payments" values (5, 5, 'card', 42);
