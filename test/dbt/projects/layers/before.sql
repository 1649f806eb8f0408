create schema raw;
create table raw.orders (id int, customer_id int, status text, ordered_at timestamp, amount_cents int);
insert into raw.orders values
  (1, 1, 'placed', '2024-01-01 10:00', 1000), (2, 1, 'shipped', '2024-01-02 11:00', 250),
  (3, 2, 'returned', '2024-01-03 12:00', 999), (4, 3, 'placed', '2024-02-01 09:30', 5000);
create table raw."Payments" (id int, "orderId" int, method text, amount_cents int);
insert into raw."Payments" values (1, 1, 'card', 1000), (2, 2, 'coupon', 50), (3, 2, 'card', 200), (4, 4, 'transfer', 5000);
