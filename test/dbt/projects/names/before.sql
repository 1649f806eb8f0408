create schema "Raw Data";
create table "Raw Data"."Select" ("Id" int, "from" text);
insert into "Raw Data"."Select" values (1, 'a'), (2, 'b');
create schema plain;
create table plain.things (id int);
insert into plain.things values (1);
