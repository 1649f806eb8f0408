{{ config(post_hook=["create table lab.left_behind (id int)", "insert into lab.left_behind values ('x')"]) }}
select 1 as id
